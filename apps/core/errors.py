"""Errors any app may raise.

PixelatedError            code, retryable
├── CrossedWallError      code crossed_wall: work for one organisation reached into another
├── RefusedError          what a person asked for is not possible; `message` is fit to show
└── UnavailableError      retryable: a part the product needs is away for a moment
"""


class PixelatedError(Exception):
    """`code` is stable and for programs; the message never holds what a person wrote."""

    code = "error"
    retryable = False


class CrossedWallError(PixelatedError):
    """Raised before any query runs: a programming error, never shown to people."""

    code = "crossed_wall"


class RefusedError(PixelatedError):
    """An expected refusal: `message` says what happened, what is safe and what to do next."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class UnavailableError(PixelatedError):
    """Answered with 503 and Retry-After by the middleware."""

    code = "unavailable"
    retryable = True
