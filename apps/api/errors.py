"""What the API answers when it does not do what was asked: one shape, a stable code, a sentence for a developer.

PixelatedError (core)
└── ApiError                    status and code say what
    ├── BadRequestError   400   the body is no JSON we can read; `bad_json` and its like
    ├── UnauthorisedError 401   no key, or none that works: wrong, expired and revoked look the same
    ├── ForbiddenError    403   the key works, and not for this
    ├── NotThereError     404   nothing of the caller's is there
    ├── TooLargeError     413   more than a body may have
    ├── UnfitError        422   readable, and cannot be done as asked
    ├── TooManyError      429   over a limit; `retry_after_s`
    └── AwayError         503   a part is away; `retry_after_s`

A message never repeats what somebody wrote.
"""

from apps.core.errors import PixelatedError


class ApiError(PixelatedError):
    """`headers` go with the answer."""

    status = 500
    code = "internal"
    words = "Something went wrong here. Nothing was kept of the request."

    def __init__(
        self,
        code: str = "",
        message: str = "",
        *,
        retry_after_s: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code or self.code)
        self.code = code or self.code
        self.message = message or self.words
        self.status = status or self.status
        self.headers = {} if retry_after_s is None else {"Retry-After": str(max(1, retry_after_s))}


class BadRequestError(ApiError):
    status, code = 400, "bad_json"
    words = "The body is not JSON in UTF-8."


class UnauthorisedError(ApiError):
    status, code = 401, "unauthorised"
    words = "Send a key that works: Authorization: Bearer px_..."

    def __init__(self) -> None:
        super().__init__()
        self.headers = {"WWW-Authenticate": "Bearer"}


class ForbiddenError(ApiError):
    status, code = 403, "missing_scope"
    words = "This key may not be used for that."


class NotThereError(ApiError):
    status, code = 404, "not_found"
    words = "There is nothing at this address for this key."


class TooLargeError(ApiError):
    status, code = 413, "too_large"
    words = "A body may have 256 kB."


class UnfitError(ApiError):
    status, code = 422, "invalid"
    words = "The request cannot be done as it was asked."


class TooManyError(ApiError):
    status, code = 429, "rate_limited"
    words = "That was more than the limit allows. Ask again after the time in Retry-After."
    retryable = True


class AwayError(ApiError):
    status, code = 503, "unavailable"
    words = "A part that is needed is away for a moment. Nothing was lost: ask again."
    retryable = True
