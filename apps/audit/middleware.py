"""Gives each request its id and hashed address for the log.

The address is the connection's own: a header is anybody's word. Behind a proxy, let the server set it
(`daphne --proxy-headers`).
"""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

from apps.audit.context import audit_context

Respond = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class AuditContext:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if iscoroutinefunction(self):
            return self._answer(request)
        with audit_context(_address(request)):
            return self.get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        with audit_context(_address(request)):
            return await self.get_response(request)


def _address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")
