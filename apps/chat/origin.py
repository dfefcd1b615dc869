"""Refuses sockets that another site opened: the Origin must name the very host that was asked, before accept."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Scope = dict[str, object]
Receive = Callable[[], Awaitable[dict[str, object]]]
Send = Callable[[dict[str, object]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class SameOrigin:
    """Closes with 4403 where Origin is missing, foreign, or the host is not ours."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if same_origin(headers_of(scope)):
            await self.inner(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4403})


def headers_of(scope: Scope) -> dict[str, str]:
    """Header names in lower case; a repeated header counts as absent, so that no proxy and we can disagree."""
    found: dict[str, str] = {}
    for name, value in scope.get("headers", []):
        key = name.decode("latin-1").lower()
        found[key] = "" if key in found else value.decode("latin-1")
    return found


def same_origin(headers: dict[str, str]) -> bool:
    """True where Origin's host and port are those of the Host header, and that host is allowed."""
    try:
        origin = urlsplit(headers.get("origin", ""))
    except ValueError:  # No address at all, such as an open bracket.
        return False
    host = headers.get("host", "").lower()
    domain, _ = split_domain_port(host)
    if (
        origin.scheme not in ("http", "https")
        or not domain
        or not validate_host(domain, settings.ALLOWED_HOSTS)
    ):
        return False
    default = ":443" if origin.scheme == "https" else ":80"
    return origin.netloc.lower().removesuffix(default) == host.removesuffix(default)
