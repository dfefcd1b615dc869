"""Errors of a benchmark: said in its result, never the end of a run.

InferenceError
├── AbsentError    peer_absent      an engine that cannot be had, or did not get ready
└── AnswerError    answer_failed    an answer that was asked for and did not come whole; its message is the reason in
                                    few words, the same for all answers that failed so, and never what was said
"""

from inference.errors import InferenceError


class AbsentError(InferenceError):
    code = "peer_absent"


class AnswerError(InferenceError):
    code = "answer_failed"
