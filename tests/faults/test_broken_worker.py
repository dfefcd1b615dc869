"""The inference worker is there and answers nothing, or nonsense: seen from a practice turn and over the API."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.faults.broken_worker import CANARY, NONSENSE, broken_in_place_of
from tests.faults.talker import ANSWERS, Talker
from tests.stack import SlowWorker, Stack

Talkers = Callable[[int], Awaitable[list[Talker]]]
ASKED = {"user_query": "I feel flat since my sister moved out.", "context_type": "support"}
TURN = "What brings you here?"
WITHIN_S = 30.0
"""First words are waited for ten seconds at most; the rest is for a machine that is busy."""


@pytest.fixture
async def key(slow_stack: Stack) -> str:
    made = await asyncio.to_thread(
        slow_stack.manage, "apikey", "create", "--owner", "ada@example.org", "--scopes", "infer"
    )
    return re.search(r"px_\S+", made.stdout).group(0)


async def asked(stack: Stack, key: str, path: str, body: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=60, trust_env=False) as caller:
        return await caller.post(f"/api/v1/{path}", json=body)


async def infer(stack: Stack, key: str) -> httpx.Response:
    return await asked(stack, key, "infer", ASKED)


def is_well_formed(answer: httpx.Response) -> bool:
    """An authored answer, or an error in the API's shape that says when to ask again."""
    if answer.status_code == 200:
        return answer.json()["conversation_metadata"]["source"] == "authored"
    error = answer.json()["error"]
    return (
        answer.status_code == 503
        and set(error) == {"code", "message", "request_id"}
        and error["code"].startswith("engine_")
        and int(answer.headers["Retry-After"]) >= 1
    )


async def the_author_answers(talker: Talker) -> None:
    accepted = await talker.say(TURN)
    end = await talker.finished(accepted, within_s=WITHIN_S)
    assert (end["status"], end["source"], end["error"]) == ("ANSWERED", "authored", None)
    assert len(talker.segments(accepted["turn_id"])) == 1


async def test_a_worker_that_hangs_costs_no_person_their_answer(
    talkers: Talkers, slow_worker: SlowWorker, slow_stack: Stack, key: str
) -> None:
    [talker] = await talkers(1)
    with broken_in_place_of(slow_worker):
        begun = time.monotonic()
        answer, _ = await asyncio.gather(infer(slow_stack, key), the_author_answers(talker))
        assert is_well_formed(answer), answer.text
        assert time.monotonic() - begun < WITHIN_S
        crisis = ASKED | {"user_query": "I want to kill myself tonight."}
        fixed = await asked(slow_stack, key, "infer", crisis)
        assert fixed.json()["conversation_metadata"]["source"] == "protocol"
    again = await talker.say("Are you still with me?")
    assert (await talker.finished(again))["status"] in ANSWERS
    await talker.check_against_the_record()


async def test_nonsense_of_a_worker_gets_nowhere(
    talkers: Talkers, slow_worker: SlowWorker, slow_stack: Stack, key: str
) -> None:
    everyone = await talkers(len(NONSENSE))
    with broken_in_place_of(slow_worker) as broken:
        for talker, says in zip(everyone, NONSENSE.values(), strict=True):
            broken.says = says
            await the_author_answers(talker)
            answer = await infer(slow_stack, key)
            assert is_well_formed(answer), answer.text
            assert CANARY not in answer.content + str(talker.frames).encode()
    again = await everyone[0].say("Are you still with me?")
    assert (await everyone[0].finished(again))["status"] in ANSWERS
    await asyncio.gather(*(talker.check_against_the_record() for talker in everyone))
    logs = b"".join(log.read_bytes() for log in (slow_stack.home / "log").glob("*.log"))
    assert logs and CANARY not in logs and ASKED["user_query"].encode() not in logs
