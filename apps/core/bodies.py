"""Counts a body while it arrives, so that the application keeps no more of it than a request may have. Knows no page
and no API, nor what the server before it keeps: Daphne hands a body on once it has all of it, in a file where it is
large, so that an installation open to strangers wants a proxy before it that limits bodies too.

A length that is declared is believed where it is too large; where none is, as with a chunked body, bytes are counted.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

TOO_LARGE = "pixelated.too_large"
"""Set in the scope of a request whose body is longer than it may be; what was read of it is no whole body."""


class BodyLimit:
    """Around an ASGI application: ends a body that is too long for it, and marks the scope."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _Counted(scope, receive, most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        await self._app(scope, receive, send)


class _Counted:
    """A `receive` that hands on `most` bytes of a body at most."""

    def __init__(self, scope: Message, receive: Receive, *, most: int) -> None:
        self._scope, self._receive = scope, receive
        self._left, self._declared_left = most, most - _declared(scope)

    async def __call__(self) -> Message:
        if self._scope.get(TOO_LARGE):
            return await self._leaving()
        if self._declared_left < 0:
            return self._end()
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return self._end() if self._left < 0 else message

    def _end(self) -> Message:
        self._scope[TOO_LARGE] = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _leaving(self) -> Message:
        """What still comes of the body is dropped."""
        while (message := await self._receive())["type"] == "http.request":
            pass
        return message


def _declared(scope: Message) -> int:
    """0 where it is not said, or not in the digits that a length is written in."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length[:12]) if length.isdigit() else 0


class WholeBody:
    """Middleware: answers 413 in the place of a view that would have read a part for the whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request, "scope", {}).get(TOO_LARGE):
            return HttpResponse(
                "That was more than may be sent at once.", status=413, content_type="text/plain"
            )
        return self.get_response(request)
