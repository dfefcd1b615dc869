"""What goes wrong on the socket, in our words. The engine's own text never reaches a person.

FrameError        code bad_json | bad_frame | frame_too_large | unknown_type: what was sent cannot be read
"""

from apps.core.errors import RefusedError

_FRAMES = {
    "bad_json": "That could not be read. Reload the page.",
    "bad_frame": "That could not be read. Reload the page.",
    "frame_too_large": "That was too large to send.",
    "unknown_type": "This page asked for something unknown. Reload the page.",
}

# Why a turn failed, for the person it failed for: what happened, what is safe, what to do.
FAILURES = {
    "interrupted": "The reply was interrupted. Everything you wrote and saw is kept. You can try again.",
    "engine_unavailable": "The reply was interrupted. Everything you wrote and saw is kept. You can try again.",
    "engine_deadline": "The reply took too long, so it was ended. What was shown is kept. You can try again.",
    "engine_busy": "Too many sessions are speaking at once. Your words are kept. Wait a moment and try again.",
    "engine_garbage": "The reply could not be used, so it was not shown. Your words are kept. You can try again.",
    "engine_not_offered": "The service outside that words this session is not there, and nothing was sent. Your words "
    "are kept. Withdraw your agreement to it to go on without it, or try again later.",
    "engine_failed": "The reply could not be made. Your words are kept. You can try again.",
}
BUSY = "The system is very busy. What you wrote is still in the box. Wait a moment and send it again."


class FrameError(RefusedError):
    def __init__(self, code: str) -> None:
        super().__init__(code, _FRAMES[code])


def failure_words(code: str) -> str:
    """The sentence for a turn's error code."""
    return FAILURES.get(code, FAILURES["engine_failed"])
