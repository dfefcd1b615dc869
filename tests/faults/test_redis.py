"""Redis stands still, then dies."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest

from apps.chat.load import csrf
from tests.faults.conftest import is_whole, until
from tests.faults.talker import ANSWERS, Talker, Visitor
from tests.stack import PASSWORD, Stack

Talkers = Callable[[int], Awaitable[list[Talker]]]
SERVER = "redis-server"


@pytest.fixture
def redis_away(visitor: Visitor, slow_stack: Stack) -> Iterator[int]:
    """It answers nothing for the length of a test; its pid."""
    pid = slow_stack.pids(SERVER)[0]
    os.kill(pid, signal.SIGSTOP)
    yield pid
    if pid in slow_stack.pids(SERVER):
        os.kill(pid, signal.SIGCONT)
    slow_stack.wait(lambda: is_whole(slow_stack), within_s=30)


async def test_sessions_go_on_without_redis_and_after_it_came_back(
    talkers: Talkers, slow_stack: Stack
) -> None:
    everyone = await talkers(3)
    pid = slow_stack.pids(SERVER)[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            turns = await asyncio.gather(*(talker.say("What brings you here?") for talker in everyone))
            ends = await asyncio.gather(*(t.finished(turn) for t, turn in zip(everyone, turns, strict=True)))
            assert {end["status"] for end in ends} <= ANSWERS
        status, body = await asyncio.to_thread(slow_stack.get, "/health/ready", timeout_s=10)
        assert (status, '"degraded": ["redis"]' in body) == (200, True)
    finally:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: is_whole(slow_stack), within_s=20)
    for talker in everyone:
        await talker.finished(await talker.say("And after that?"))
        assert talker.connections == 1
        await talker.check_against_the_record()


def test_signing_in_waits_until_redis_can_count_attempts(slow_stack: Stack, redis_away: int) -> None:
    with httpx.Client(base_url=slow_stack.url, trust_env=False, timeout=30) as browser:
        page = browser.get("/accounts/login/")
        form = {"login": "ada@example.org", "password": PASSWORD, "csrfmiddlewaretoken": csrf(page.text)}
        answer = browser.post("/accounts/login/", data=form)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "We are not ready yet." in answer.text
        assert browser.get("/practice/").status_code == 302
