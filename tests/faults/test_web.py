"""The web process is killed while turns are being answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.faults.conftest import until
from tests.faults.talker import ANSWERS, Talker
from tests.stack import Stack

Talkers = Callable[[int], Awaitable[list[Talker]]]
LEASE_S, SWEEP_S, MARGIN_S = 15, 5, 5


async def test_sessions_come_back_and_open_turns_end_as_interrupted(
    talkers: Talkers, slow_stack: Stack
) -> None:
    everyone = await talkers(4)
    for talker in everyone:
        await talker.finished(await talker.say("What brings you here?"))
    turns = await asyncio.gather(*(talker.say("What would you like to change?") for talker in everyone))
    slow_stack.kill("daphne")
    killed = time.monotonic()

    await asyncio.gather(*(talker.until(lambda t=talker: t.connections == 2) for talker in everyone))
    await until(slow_stack.is_ready, within_s=15)
    within_s = LEASE_S + SWEEP_S + MARGIN_S - (time.monotonic() - killed)
    ends = await asyncio.gather(
        *(t.finished(turn, within_s=within_s) for t, turn in zip(everyone, turns, strict=True))
    )
    interrupted = [end for end in ends if end["status"] == "FAILED"]
    assert interrupted, "every reply was over before the web process died"
    assert {end["error"]["code"] for end in interrupted} == {"interrupted"}

    for talker in everyone:
        again = await talker.finished(await talker.say("What would you like to change?"))
        assert again["status"] in ANSWERS
        await talker.check_against_the_record()
    checked = await asyncio.to_thread(slow_stack.manage, "audit_check")
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.strip().endswith(": sound")
