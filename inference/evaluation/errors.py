"""What can go wrong while figures are made.

    InferenceError
    └── EvaluationError     evaluation     a file or row that cannot be used, or a layer that is not here

A message names the file and the line, never what the line holds.
"""

from inference.errors import InferenceError


class EvaluationError(InferenceError):
    code = "evaluation"
    retryable = False
