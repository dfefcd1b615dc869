"""The product while one of its parts is taken away: with a worker that speaks 20 tokens a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.talker import Talker, Visitor, signed_in
from tests.stack import Stack

WHOLE_WITHIN_S = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def visitors() -> dict[str, Visitor]:
    """Who signed in where; the log-in page counts attempts."""
    return {}


@pytest.fixture
async def visitor(slow_stack: Stack, visitors: dict[str, Visitor]) -> Visitor:
    """Ada, signed in at an installation of which every part is there."""
    slow_stack.wait(lambda: is_whole(slow_stack), within_s=WHOLE_WITHIN_S)
    if slow_stack.url not in visitors:
        visitors[slow_stack.url] = await signed_in(slow_stack.url, "ada")
    return visitors[slow_stack.url]


def is_whole(stack: Stack) -> bool:
    status, body = stack.get("/health/ready")
    return status == 200 and '"degraded": []' in body


@pytest.fixture
async def talkers(visitor: Visitor) -> AsyncIterator[Callable[[int], Awaitable[list[Talker]]]]:
    """`await talkers(20)`: as many sessions of ada's, each with its socket open."""
    opened: list[Talker] = []

    async def open_some(count: int) -> list[Talker]:
        fresh = [Talker(visitor, encounter) for encounter in await visitor.start_sessions(count)]
        opened.extend(fresh)
        await asyncio.gather(*(talker.connected() for talker in fresh))
        return fresh

    yield open_some
    await asyncio.gather(*(talker.close() for talker in opened))


async def until(condition: Callable[[], bool], *, within_s: float) -> float:
    """Seconds until it held, without holding up the sockets."""
    begun = time.monotonic()
    while not await asyncio.to_thread(condition):
        assert time.monotonic() - begun < within_s, f"not within {within_s} s"
        await asyncio.sleep(0.05)
    return time.monotonic() - begun
