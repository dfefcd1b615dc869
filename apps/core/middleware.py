"""Turns the absence of a part into a plain 503 with Retry-After, so that no page ends in a stack trace."""

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
        try:
            return self.get_response(request)
        except AWAY:
            return unavailable(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, AWAY):
            return unavailable(request)
        if isinstance(exception, RefusedError):
            return render(request, "refused.html", {"message": exception.message}, status=409)
        return None


def unavailable(request: HttpRequest) -> HttpResponse:
    """The 503 page: a file as it is, so that it needs neither database nor session."""
    page = (settings.BASE_DIR / "templates" / "503.html").read_text(encoding="utf-8")
    response = HttpResponse(page, status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    response["Cache-Control"] = "no-store"
    return response
