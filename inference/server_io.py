"""How the worker's routes read a body and say what went wrong. Knows no route and no engine."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inference import strict_json as strict
from inference.contracts import MAX_BODY_BYTES
from inference.errors import (
    BodyTooLargeError,
    ContractError,
    EngineBusyError,
    EngineDeadlineError,
    EngineNotOfferedError,
    EngineUnavailableError,
    InferenceError,
    ModelError,
)

_STATUSES = (
    (BodyTooLargeError, 413),
    (ContractError, 422),
    (ModelError, 422),
    (EngineNotOfferedError, 409),
    (EngineUnavailableError, 503),
    (EngineDeadlineError, 504),
)


async def read_json(request: Request) -> dict[str, strict.Json]:
    """The body as one JSON object; a ContractError (422) if it is not, BodyTooLargeError (413) while it arrives."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLargeError(f"a body may have {MAX_BODY_BYTES} bytes")
    return strict.loads(bytes(body), max_bytes=MAX_BODY_BYTES, what="the body")


def error_response(status: int, code: str, message: str, *, retry_after_s: int | None = None) -> JSONResponse:
    headers = None if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


async def inference_error(request: Request, error: Exception) -> Response:
    """An error of our tree as a status; its message holds no words (see errors.py)."""
    assert isinstance(error, InferenceError)
    if isinstance(error, EngineBusyError):
        return error_response(429, error.code, str(error), retry_after_s=error.retry_after_s)
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    return error_response(status, error.code, str(error))


async def not_found(request: Request, error: Exception) -> Response:
    return error_response(
        getattr(error, "status_code", 404), "not_found", "there is no such thing to ask for"
    )
