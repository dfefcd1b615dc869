"""Errors of the data that adapters learn from.

InferenceError
└── DataError    data_unusable    a file is missing or not in its form; names file and line, never what it says
"""

from inference.errors import InferenceError


class DataError(InferenceError):
    code = "data_unusable"
