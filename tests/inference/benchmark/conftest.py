"""Servers that send what a test wants, byte for byte, and hang up."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable

import pytest

from inference.benchmark.engines import Engine, client


@contextlib.asynccontextmanager
async def serving(*answers: bytes) -> AsyncIterator[Engine]:
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with client() as http:
        yield Engine("theirs", process, address, http)
    server.close()
    await process.wait()


@pytest.fixture
def answering() -> Callable[..., contextlib.AbstractAsyncContextManager[Engine]]:
    """An engine whose server sends each of the given answers in turn; b"" hangs up at once."""
    return serving
