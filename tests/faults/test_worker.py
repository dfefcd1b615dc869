"""The inference worker dies while it speaks."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.faults.talker import ANSWERS, Frame, Talker
from tests.stack import SlowWorker, Stack

Talkers = Callable[[int], Awaitable[list[Talker]]]
SESSIONS = 12


async def test_turns_that_were_half_said_fail_at_once_keep_what_was_shown_and_are_answered_again(
    talkers: Talkers, slow_worker: SlowWorker, slow_stack: Stack
) -> None:
    everyone = await talkers(SESSIONS)
    turns = await asyncio.gather(*(talker.say("What brings you here?") for talker in everyone))
    await asyncio.gather(*(first_words(t, turn) for t, turn in zip(everyone, turns, strict=True)))
    shown = [talker.segments(turn["turn_id"]) for talker, turn in zip(everyone, turns, strict=True)]
    slow_worker.kill()
    killed = time.monotonic()
    try:
        ends = await asyncio.gather(
            *(talker.finished(turn, within_s=3) for talker, turn in zip(everyone, turns, strict=True))
        )
        assert time.monotonic() - killed < 3
        assert slow_stack.get("/practice/")[0] == 302

        failed = [number for number, end in enumerate(ends) if end["status"] == "FAILED"]
        assert failed, "every reply was over before the worker died"
        for number in failed:
            assert "You can try again." in ends[number]["error"]["message"]
            assert ends[number]["error"]["retryable"] is True
            kept = everyone[number].segments(turns[number]["turn_id"])
            assert kept[: len(shown[number])] == shown[number]

        alone = await everyone[failed[0]].say("Are you still with me?")
        assert (await everyone[failed[0]].finished(alone))["source"] == "authored"
    finally:
        slow_worker.start()

    await asyncio.gather(*(try_again(everyone[number], turns[number]) for number in failed[1:]))
    await asyncio.gather(*(talker.check_against_the_record() for talker in everyone))


async def try_again(talker: Talker, failed: Frame) -> None:
    again = await talker.say(str(failed["text"]))
    assert again["parent_id"] == failed["parent_id"]
    assert (await talker.finished(again))["status"] in ANSWERS


async def first_words(talker: Talker, turn: Frame) -> None:
    await talker.until(lambda: bool(talker.segments(turn["turn_id"])))
