import asyncio
import contextlib
import time
from collections.abc import Callable

import pytest

from inference.contracts import (
    Assessment,
    AssessRequest,
    Finding,
    FinishedEvent,
    FinishReason,
    Message,
    ReplyRequest,
    SegmentEvent,
    WordingLimits,
)
from inference.engine.judge import judge, refuses
from inference.errors import EngineDeadlineError, EngineUnavailableError
from inference.testing import SCRIPTED_LINES, ScriptedEngine

Asking = Callable[..., ReplyRequest]


async def texts(engine: ScriptedEngine, request: ReplyRequest) -> list[str]:
    return [event.text async for event in engine.reply(request) if isinstance(event, SegmentEvent)]


async def test_the_same_seed_says_the_same_and_another_something_else(asking: Asking) -> None:
    said = {seed: await texts(ScriptedEngine(), asking(seed=seed)) for seed in range(12)}
    assert said[3] == await texts(ScriptedEngine(), asking(seed=3))
    assert len({tuple(lines) for lines in said.values()}) > 8


async def test_an_earlier_line_is_not_said_again(asking: Asking) -> None:
    for seed in range(20):
        limits = WordingLimits("Marcus", earlier=SCRIPTED_LINES[:20])
        assert set(await texts(ScriptedEngine(), asking(seed=seed, limits=limits))) <= set(
            SCRIPTED_LINES[20:]
        )


async def test_a_reply_ends_with_one_finished_event(asking: Asking) -> None:
    events = [event async for event in ScriptedEngine(lines=("One line.", "Two.")).reply(asking())]
    assert [type(event) for event in events] == [SegmentEvent, SegmentEvent, FinishedEvent]
    assert events[-1].reason == FinishReason.DONE


async def test_the_pace_is_kept(asking: Asking) -> None:
    begun = time.monotonic()
    await texts(ScriptedEngine(tokens_per_s=100, lines=("x" * 80,)), asking())
    assert 0.2 <= time.monotonic() - begun < 1


async def test_it_fails_where_it_is_told_to(asking: Asking) -> None:
    engine = ScriptedEngine(lines=("One.", "Two."), fail_with=EngineUnavailableError("gone"), fail_before=1)
    heard = []
    with pytest.raises(EngineUnavailableError):
        async for event in engine.reply(asking()):
            heard.append(event.text)
    assert heard == ["One."]
    assert engine.cancelled == 0


async def test_a_held_reply_passes_its_deadline(asking: Asking) -> None:
    engine = ScriptedEngine(hold=asyncio.Event())
    with pytest.raises(EngineDeadlineError):
        await texts(engine, asking(deadline_s=0.05))


async def test_leaving_is_counted_as_cancelling(asking: Asking) -> None:
    engine = ScriptedEngine(lines=("One.", "Two."))
    async with contextlib.aclosing(engine.reply(asking())) as events:
        await anext(events)
        assert engine.active == 1
    assert (engine.cancelled, engine.active) == (1, 0)


@pytest.mark.parametrize("line", SCRIPTED_LINES)
def test_every_scripted_line_passes_what_a_client_s_words_must_pass(line: str) -> None:
    assert not refuses(judge(line, WordingLimits("Marcus Bell")))


async def test_an_assessment_is_what_the_test_says_and_comes_at_once_otherwise() -> None:
    asked = AssessRequest("a", (Message("user", "Hello."),))
    found = Assessment((Finding("suicidal", 0.9, ""),), versions={"crisis": "1"})
    assert (await ScriptedEngine().assess(asked)).partial is False
    assert await ScriptedEngine(assessment=found).assess(asked) == found
    with pytest.raises(EngineUnavailableError):
        await ScriptedEngine(assess_fails=EngineUnavailableError("gone")).assess(asked)
    begun, slow = time.monotonic(), ScriptedEngine(assess_after_s=0.1)
    await slow.assess(asked)
    assert time.monotonic() - begun >= 0.1
    assert slow.assessed == [asked]
