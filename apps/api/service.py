"""The API itself: its endpoints, and what every error becomes. The page about it is rendered from its schema."""

import logging
import traceback

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from apps.api.endpoints import (
    batch_infer,
    chat_completions,
    encounters,
    health,
    infer,
    reload_model,
    status,
)
from apps.api.errors import (
    ApiError,
    AwayError,
    BadRequestError,
    NotThereError,
    TooLargeError,
    UnauthorisedError,
    UnfitError,
)
from apps.api.middleware import error_response
from apps.api.parsing import StrictParser
from apps.core.errors import RefusedError
from apps.core.middleware import AWAY, RETRY_AFTER_S

ENDPOINTS = (health, status, infer, batch_infer, chat_completions, encounters, reload_model)

log = logging.getLogger(__name__)

api = NinjaAPI(
    title="Pixelated Empathy",
    version="1",
    description="Replies of the companion and of simulated clients, judged by the policy of the product's own chat.",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api-v1",
    parser=StrictParser(),
)
for endpoint in ENDPOINTS:
    api.add_router("", endpoint.router)


@api.exception_handler(ApiError)
def answer_ours(request: HttpRequest, error: ApiError) -> HttpResponse:
    return error_response(error)


@api.exception_handler(HttpError)
def answer_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own; where it wrapped one of ours, ours."""
    if isinstance(error.__cause__, ApiError):
        return error_response(error.__cause__)
    if isinstance(error, AuthenticationError):
        return error_response(UnauthorisedError())
    return error_response(
        BadRequestError("bad_request", "The request cannot be read.", status=error.status_code)
    )


@api.exception_handler(RequestDataTooBig)
def answer_too_much(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return error_response(TooLargeError())


@api.exception_handler(Http404)
def answer_not_there(request: HttpRequest, error: Http404) -> HttpResponse:
    return error_response(NotThereError())


@api.exception_handler(ValidationError)
def answer_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return error_response(UnfitError(message=f"The request does not fit: {explained(error)}."))


@api.exception_handler(RefusedError)
def answer_refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    return error_response(UnfitError(error.code, error.message))


@api.exception_handler(Exception)
def answer_anything(request: HttpRequest, error: Exception) -> HttpResponse:
    """The last line: what is away is a 503, the rest a 500 whose place is logged and whose message, which may hold
    words, is not."""
    if isinstance(error, AWAY):
        return error_response(AwayError(retry_after_s=RETRY_AFTER_S))
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s failed: %s\n%s", request.resolver_match.route, type(error).__name__, frames)
    return error_response(ApiError())


MOST_EXPLAINED = 5


def explained(error: ValidationError) -> str:
    """Where the request does not fit, and how; never what stood there, nor a key that is not ours."""
    said = []
    for each in error.errors[:MOST_EXPLAINED]:
        place = [str(step) for step in each["loc"] if step not in ("body", "path", "query")]
        if each["type"] == "extra_forbidden":
            place = [*place[:-1], "an unknown field"]
        kind = each["type"].replace("_", " ")
        said.append(f"{'.'.join(place[1:] if place[:1] == ['body'] else place) or 'the body'}: {kind}")
    return "; ".join(said)
