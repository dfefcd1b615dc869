"""Gives every answer under /api/ one face: errors as JSON, the request's id, what is left of the limits, no caching."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.api.errors import ApiError
from apps.audit.context import current_context

PATH = "/api/v1/"
_CODES = {
    400: ("bad_request", "The request cannot be read."),
    403: ("forbidden", "That is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address takes another method: see Allow."),
    413: ("too_large", "A body may have 256 kB."),
    503: ("unavailable", "A part that is needed is away for a moment. Nothing was lost: ask again."),
}


class ApiShape:
    """Stands inside the audit's context, which names the request, and outside all that may answer with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PATH):
            return self.get_response(request)
        response = self.get_response(request)
        if response.status_code >= 400 and not response.get("Content-Type", "").startswith(
            "application/json"
        ):
            response = _as_json(response)
        response["X-Request-Id"] = current_context().request_id
        response["Cache-Control"] = "no-store"
        standing = getattr(request, "limit_standing", None)
        if standing is not None:
            response["RateLimit-Limit"] = str(standing.limit)
            response["RateLimit-Remaining"] = str(standing.remaining)
            response["RateLimit-Reset"] = str(standing.reset_s)
        return response


def error_response(error: ApiError) -> HttpResponse:
    """The one shape of an error."""
    return _shaped(error.status, error.code, error.message, error.headers)


def error_body(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message, "request_id": current_context().request_id}}


def _shaped(status: int, code: str, message: str, headers: dict[str, str]) -> HttpResponse:
    return JsonResponse(error_body(code, message), status=status, headers=headers)


def _as_json(response: HttpResponse) -> HttpResponse:
    code, message = _CODES.get(response.status_code, (ApiError.code, ApiError.words))
    kept = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
    return _shaped(response.status_code, code, message, kept)


def dumped(value: object) -> str:
    """A value as one line of JSON; a number that is not finite is a ValueError."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
