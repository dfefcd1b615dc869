"""Turns the absence of a part into a plain 503 with Retry-After, so that no page ends in a stack trace.

A view's exception is answered by `Unavailable`; one of the layers around it (the session, who acts) by `failed`, which
is the project's `handler500`.
"""

import sys
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from psycopg_pool import PoolTimeout
from redis import RedisError

from apps.core.errors import RefusedError, UnavailableError

AWAY = (OperationalError, InterfaceError, PoolTimeout, RedisError, UnavailableError)
RETRY_AFTER_S = 5


class Unavailable:
    """Answers 503 where the database, Redis or the key service is away, and 409 where a service refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, AWAY):
            return unavailable(request)
        if isinstance(exception, RefusedError):
            return render(request, "refused.html", {"message": exception.message}, status=409)
        return None


def failed(request: HttpRequest) -> HttpResponse:
    """What every uncaught exception ends in: 503 where a part is away, else the 500 page; both need nothing at all."""
    if isinstance(sys.exc_info()[1], AWAY):
        return unavailable(request)
    return HttpResponse(_page("500.html"), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """The 503 page: a file as it is, so that it needs neither database nor session."""
    response = HttpResponse(_page("503.html"), status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    response["Cache-Control"] = "no-store"
    return response


def _page(name: str) -> str:
    return (settings.BASE_DIR / "templates" / name).read_text(encoding="utf-8")
