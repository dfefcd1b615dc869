"""Answers that stop the engine within a step when their reader leaves.

Starlette's own notices a lost reader when it next sends, which would be after the words nobody waits for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")


class Closing(Protocol):
    async def aclose(self) -> None: ...


class EventStreamResponse(Response):
    """Sends `chunks` as they come, and closes `source`, which they are made of, when they end or the reader left."""

    def __init__(self, source: Closing, chunks: AsyncIterator[bytes], *, media_type: str) -> None:
        super().__init__(media_type=media_type, headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._source, self._chunks = source, chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _unless_left(receive, self._source, self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def until_reader_leaves(request: Request, source: Closing, answer: Awaitable[Response]) -> Response:
    """The answer, or an empty one that nobody reads, having closed `source`."""
    given = await _unless_left(request.receive, source, answer)
    return given or Response(status_code=499)


async def _unless_left(receive: Receive, source: Closing, work: Awaitable[T]) -> T | None:
    """The result of `work`, or None when the reader left before it; `source` is closed either way."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
        await source.aclose()
    return None if working.cancelled() else working.result()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
