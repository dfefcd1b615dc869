"""Bodies against the application as it is served, and piece by piece."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from apps.core.bodies import TOO_LARGE, BodyLimit
from tests.apps.api.conftest import serving

MOST = 256 * 1024
PIECE = b"a" * 64 * 1024


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from pixelated.asgi import application  # noqa: PLC0415 - warms up what only this test needs

    with serving(application) as address:
        yield address


class Talk:
    """What a server would hand to an application: a body in pieces, then that the caller left."""

    def __init__(self, count: int, **headers: str) -> None:
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.scope = {"type": "http", "headers": named}
        self.left, self.taken = count, 0

    async def receive(self) -> dict[str, object]:
        if not self.left:
            return {"type": "http.disconnect"}
        self.left, self.taken = self.left - 1, self.taken + 1
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0}

    async def through_the_limit(self) -> bytes:
        """The body that an application behind it reads, as Django does."""
        body = bytearray()

        async def application(scope: object, receive: object, send: object) -> None:
            while (message := await receive())["type"] == "http.request":
                body.extend(message["body"])
                if not message["more_body"]:
                    return

        await BodyLimit(application)(self.scope, self.receive, None)
        return bytes(body)


async def test_a_body_that_fits_goes_through_whole() -> None:
    talk = Talk(4)
    assert await talk.through_the_limit() == PIECE * 4
    assert TOO_LARGE not in talk.scope


@pytest.mark.parametrize("headers", [{}, {"content_length": "²"}, {"content_length": "12"}])
async def test_a_body_that_says_no_length_is_read_no_further_than_it_may_be_long(
    headers: dict[str, str],
) -> None:
    talk = Talk(1000, **headers)
    assert len(await talk.through_the_limit()) == MOST
    assert (talk.taken, talk.scope[TOO_LARGE]) == (5, True)


async def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    talk = Talk(1000, content_length=str(MOST + 1))
    assert await talk.through_the_limit() == b""
    assert (talk.taken, talk.scope[TOO_LARGE]) == (0, True)


@pytest.mark.parametrize("path", ["/api/v1/infer", "/accounts/login/"])
@pytest.mark.django_db(transaction=True)
async def test_a_chunked_body_that_grows_too_long_is_a_413(address: str, path: str) -> None:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as caller:
        answer = await caller.post(path, content=_chunked(5), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    if path.startswith("/api/"):
        assert answer.json()["error"]["code"] == "too_large"
        assert answer.json()["error"]["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.django_db(transaction=True)
async def test_a_chunked_body_that_fits_is_read(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, trust_env=False) as caller:
        answer = await caller.post(
            "/api/v1/infer", content=_chunked(4), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 401


async def _chunked(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield PIECE
