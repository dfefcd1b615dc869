"""Each request is told apart in the log."""

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from apps.audit.context import RequestContext, current_context, hashed_address
from apps.audit.middleware import AuditContext

REQUEST = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": "198.51.100.1"})


def test_a_request_carries_its_connection_s_address_whatever_its_headers_say() -> None:
    seen: list[RequestContext] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(current_context())
        return HttpResponse("fine")

    response = AuditContext(view)(REQUEST)

    assert response.content == b"fine"
    assert seen[0].address_hash == hashed_address("203.0.113.9")
    assert len(seen[0].request_id) == 32
    assert current_context() == RequestContext()


async def test_an_async_request_carries_it_too() -> None:
    seen: list[RequestContext] = []

    async def view(request: HttpRequest) -> HttpResponse:
        seen.append(current_context())
        return HttpResponse("fine")

    middleware = AuditContext(view)
    response = await middleware(REQUEST)

    assert iscoroutinefunction(middleware)
    assert response.content == b"fine"
    assert seen[0].address_hash == hashed_address("203.0.113.9")
    assert current_context() == RequestContext()
