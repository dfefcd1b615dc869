"""The thread and its queue, with the tiny random model and judges that are easy to follow."""

import asyncio
import contextlib
import functools
import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from inference.assessing import Assessor
from inference.completion import CompletionRequest, TextEvent
from inference.contracts import (
    Adapted,
    AssessRequest,
    Finding,
    FinishedEvent,
    Message,
    ModelName,
    ReplyRequest,
    WordingLimits,
)
from inference.engine.adapters import put_on
from inference.engine.blocks import Group, Row
from inference.engine.gate import Gate
from inference.engine.judge import make_judge
from inference.engine.loader import LoadedModel
from inference.engine.protocol import AdapterName, RefusedAdapter
from inference.engine.worker import ModelWorker
from inference.errors import (
    ContractError,
    EngineAwayError,
    EngineBusyError,
    EngineDeadlineError,
    EngineError,
    EngineUnavailableError,
    ModelError,
)
from inference.models.adapter import read_adapter
from inference.models.fitting import Chosen
from inference.persona import FORM_VERSION
from inference.safety.detectors.given import Given
from tests.inference.engine.workers import (
    Asking,
    Starting,
    dislikes_e,
    idle,
    likes_all,
    load_quietly,
    reply,
    started,
    texts,
)

UNHURRIED = {"first_words_deadline_s": 120.0, "deadline_s": 180.0}
"""A machine that is busy with other things must not decide what is said."""
MOST_STEPS_WAITED = 20
"""Of a thousand: one step under way, and those that this test's own threads are too slow to stop."""


@pytest.fixture
def starting(tiny_model: Path) -> Starting:
    return functools.partial(started, str(tiny_model))


async def test_the_same_seed_gives_the_same_reply_alone_and_in_a_crowd(
    starting: Starting, asking: Asking
) -> None:
    async with starting() as worker:
        alone = await reply(worker, asking(seed=5, **UNHURRIED))
        crowd = await asyncio.gather(
            *(reply(worker, asking(seed=seed, **UNHURRIED)) for seed in range(4, 12))
        )
        other = await reply(worker, asking(seed=6, **UNHURRIED))
    assert texts(alone) != []
    assert texts(crowd[1]) == texts(alone)
    assert texts(crowd[2]) == texts(other) != texts(alone)
    assert isinstance(alone[-1], FinishedEvent)


async def test_tokens_are_counted_for_the_prompt_once_and_for_who_spoke(
    starting: Starting, asking: Asking
) -> None:
    async with starting() as worker:
        alone = await reply(worker, asking(seed=5, candidates=1, max_tokens=40))
        crowd = await reply(worker, asking(seed=5, candidates=4, max_tokens=40))
    one, four = alone[-1].usage, crowd[-1].usage
    assert one.prompt == four.prompt > 0
    assert 0 < one.spoken == one.sampled == alone[-1].timings.tokens <= 40
    assert four.spoken < four.sampled == crowd[-1].timings.tokens and four.spoken <= 40


async def test_the_best_of_the_candidates_speaks(starting: Starting, asking: Asking) -> None:
    async with starting() as worker:
        one = [await reply(worker, asking(seed=seed, candidates=1, max_segments=1)) for seed in range(8)]
        eight = [await reply(worker, asking(seed=seed, candidates=8, max_segments=1)) for seed in range(8)]
    assert sum(e[0].findings[0].score for e in eight) < sum(e[0].findings[0].score for e in one)
    assert {event[0].candidates for event in eight} == {8}


async def test_leaving_frees_the_rows_within_a_step(starting: Starting, asking: Asking) -> None:
    async with starting() as worker:
        events = worker.complete(CompletionRequest((Message("user", "Hi"),), max_tokens=700, seed=1))
        assert isinstance(await anext(events), TextEvent)
        assert worker.status().rows == 1
        await events.aclose()
        begun = time.monotonic()
        await idle(worker)
        assert time.monotonic() - begun < 0.5
        assert worker.status().rows == 0


async def test_leaving_the_queue_before_speaking_is_never_spoken(starting: Starting, asking: Asking) -> None:
    async with starting(max_rows=8) as worker:
        speaking = [worker.reply(asking(seed=seed, candidates=8, max_tokens=400)) for seed in range(3)]
        for events in speaking:
            await events.aclose()
        await idle(worker)
        assert worker.status().rows == 0


async def test_a_full_queue_refuses_at_once(starting: Starting, asking: Asking) -> None:
    async with starting(queue_size=2, max_rows=8) as worker:
        given = []
        with pytest.raises(EngineBusyError) as caught:
            for seed in range(20):
                given.append(worker.reply(asking(seed=seed, candidates=8, max_tokens=200)))
        assert caught.value.retry_after_s >= 1
        assert len(given) >= 2
        for events in given:
            await events.aclose()


async def test_more_than_fits_is_answered_in_turn(starting: Starting, asking: Asking) -> None:
    async with starting(max_rows=4) as worker:
        replies = await asyncio.gather(
            *(reply(worker, asking(seed=seed, candidates=4, **UNHURRIED)) for seed in range(6))
        )
    assert all(isinstance(events[-1], FinishedEvent) for events in replies)


async def test_a_deadline_in_the_queue_is_kept(starting: Starting, asking: Asking) -> None:
    async with starting(max_rows=1) as worker:
        long = worker.complete(CompletionRequest((Message("user", "Hi"),), max_tokens=900, seed=1))
        await anext(long)
        with pytest.raises(EngineDeadlineError):
            await reply(worker, asking(candidates=1, first_words_deadline_s=0.05))
        await long.aclose()


async def test_a_prompt_that_cannot_fit_is_refused_and_the_worker_goes_on(
    starting: Starting, asking: Asking
) -> None:
    async with starting() as worker:
        with pytest.raises(ContractError):
            await reply(worker, asking("I know. " * 1000))
        assert texts(await reply(worker, asking())) != []


async def test_a_judge_that_breaks_fails_the_reply_and_not_the_worker(
    starting: Starting, asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    judged: list[str] = []

    def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        judged.append(text)
        if len(judged) == 1:
            raise RuntimeError(text)
        return ()

    async with starting(judge=judge) as worker:
        with pytest.raises(EngineError):
            await reply(worker, asking())
        assert texts(await reply(worker, asking())) != []
    assert "RuntimeError" in caplog.text
    assert judged[0]
    assert judged[0] not in caplog.text


async def test_a_reload_lets_those_speaking_finish_and_a_bad_model_changes_nothing(
    starting: Starting, asking: Asking, tiny_model: Path
) -> None:
    async with starting() as worker:
        speaking = asyncio.create_task(reply(worker, asking()))
        await asyncio.sleep(0)
        name = await worker.reload("")
        assert texts(await speaking) != []
        assert name.name == str(tiny_model)
        with pytest.raises(ModelError):
            await worker.reload(str(tiny_model / "nothing"))
        assert worker.status().ready is True
        assert texts(await reply(worker, asking())) == texts(speaking.result())


async def test_a_model_that_cannot_load_keeps_the_worker_from_starting(tmp_path: Path) -> None:
    worker = ModelWorker(str(tmp_path), load=load_quietly, judge=dislikes_e, refuses=likes_all)
    with pytest.raises(ModelError):
        await worker.start()
    assert worker.status().ready is False
    await worker.drain(0.1)


async def test_draining_finishes_what_is_spoken_and_takes_nothing_more(
    starting: Starting, asking: Asking
) -> None:
    async with starting() as worker:
        speaking = asyncio.create_task(reply(worker, asking()))
        await asyncio.sleep(0.01)
        await worker.drain(10)
        assert isinstance((await speaking)[-1], FinishedEvent)
        with pytest.raises(EngineAwayError):
            worker.reply(asking())


async def test_draining_ends_what_will_not_finish(starting: Starting) -> None:
    async with starting() as worker:
        events = worker.complete(CompletionRequest((Message("user", "Hi"),), max_tokens=900, seed=1))
        await anext(events)
        await worker.drain(0.01)
        with pytest.raises(EngineUnavailableError):
            async for _ in events:
                pass


class CountingGate(Gate):
    """Counts the steps of whoever goes behind."""

    steps = 0

    @contextlib.contextmanager
    def behind(self) -> Iterator[None]:
        with super().behind():
            self.steps += 1
            yield


class Heads:
    """Notes how many steps had been taken when it read."""

    def __init__(self, gate: CountingGate) -> None:
        self.gate, self.read_at = gate, 0

    def read(self, given: Sequence[Given]) -> list[Given]:
        self.read_at = self.gate.steps
        return list(given)


async def test_an_assessment_passes_between_the_steps_of_a_long_generation(starting: Starting) -> None:
    gate = CountingGate()
    heads = Heads(gate)
    assessor = Assessor(heads, passage=gate.ahead)
    asked = AssessRequest("a", (Message("user", "Good morning."),))
    assessor.warm_up()
    waited = []
    async with starting(gate=gate) as worker:
        long = CompletionRequest(
            (Message("user", "Talk."),), max_tokens=900, temperature=1.0, top_p=1.0, seed=3
        )
        async with contextlib.aclosing(worker.complete(long)) as events:
            for _ in range(10):
                await anext(events)
                begun = gate.steps
                assessment = await asyncio.to_thread(assessor.assess, asked)
                waited.append(heads.read_at - begun)
                assert assessment.partial is False
            assert worker.status().speaking == 1
            assert gate.steps < 900
    assert max(waited) <= MOST_STEPS_WAITED, waited


async def test_detectors_read_a_segment_in_the_thread_that_speaks(starting: Starting, asking: Asking) -> None:
    """The judge's own assessor would wait for ever behind the step it is part of."""
    gate = CountingGate()
    heads = Heads(gate)
    judge = make_judge(None, Assessor(heads, passage=gate.ahead))
    async with starting(gate=gate, judge=judge) as worker:
        async with asyncio.timeout(20):
            events = await reply(worker, asking(candidates=2))
    assert texts(events) != []
    assert heads.read_at > 0


async def test_a_hundred_clients_that_vanish_leave_nothing(starting: Starting, asking: Asking) -> None:
    async with starting(max_rows=200, queue_size=200) as worker:
        await reply(worker, asking())
        await idle(worker)
        threads, before = threading.active_count(), worker.status()

        async def vanish(seed: int) -> None:
            events = worker.complete(
                CompletionRequest((Message("user", f"I know. {seed}"),), max_tokens=700, seed=seed)
            )
            if seed % 3:
                await anext(events)
            await events.aclose()

        async with asyncio.timeout(40):
            await asyncio.gather(*(vanish(seed) for seed in range(100)))
        await idle(worker)
        assert worker.status() == before
        assert worker.status().rows == 0
        assert threading.active_count() <= threads + 1
        rows = [each for each in gc.get_objects() if type(each) in (Row, Group)]
        assert rows == []
        assert texts(await reply(worker, asking())) != []


def in_its_form(asking: Asking, *, form: int = FORM_VERSION, **changes: object) -> ReplyRequest:
    """With a question for the adapter that is longer than the plain one."""
    messages = (Message("system", "You are Marcus."), Message("user", "I know. " * 20))
    return asking(adapted=Adapted("client", form, messages), **changes)


async def test_an_adapter_is_asked_in_its_form_and_the_model_without_it_in_plain_words(
    starting: Starting, asking: Asking, tiny_model: Path, tiny_adapter: Callable[..., Path], tmp_path: Path
) -> None:
    adapter = read_adapter(tiny_adapter(tmp_path / "client"))
    chosen = {"adapted": Chosen({"client": adapter}, {"companion": "was made for another"})}

    def load_those(source: str) -> LoadedModel:
        model = replace(load_quietly(str(tiny_model)), name=ModelName(source))
        return put_on(model, chosen.get(source, Chosen({}, {})))

    async with starting(load=load_those) as worker:
        plain = await reply(worker, asking())
        bare = await reply(worker, in_its_form(asking))
        await worker.reload("adapted")
        status = worker.status()
        adapted = await reply(worker, in_its_form(asking))
        other_form = await reply(worker, in_its_form(asking, form=FORM_VERSION + 1))
        crowd = await asyncio.gather(reply(worker, in_its_form(asking)), reply(worker, asking()))
        await worker.reload("bare again")
        taken_back = await reply(worker, in_its_form(asking))

    assert status.adapters == (AdapterName("client", adapter.sha256, "client 3"),)
    assert status.refused == (RefusedAdapter("companion", "was made for another"),)
    assert worker.status().adapters == worker.status().refused == ()
    assert adapted[-1].model == ModelName("adapted", adapter=f"client@{adapter.sha256[:12]}", card="client 3")
    assert adapted[0].model == adapted[-1].model and adapted[0].candidates == 4
    assert adapted[-1].usage.prompt > plain[-1].usage.prompt + 15
    assert texts(crowd[0]) == texts(adapted) and texts(crowd[1]) == texts(plain)
    for events in (bare, other_form, taken_back):
        assert (events[-1].model.adapter, events[-1].model.card) == ("", "")
        assert events[-1].usage.prompt == plain[-1].usage.prompt and texts(events) == texts(plain)


async def test_another_model_takes_over_while_the_old_one_finishes(
    starting: Starting, tiny_model: Path
) -> None:
    released = threading.Event()

    def slow(source: str) -> LoadedModel:
        if source == "other":
            assert released.wait(20)
        return replace(load_quietly(str(tiny_model)), name=ModelName(source))

    async with starting(load=slow) as worker:
        hot = CompletionRequest(
            (Message("user", "Talk."),), max_tokens=900, temperature=1.0, top_p=1.0, seed=3
        )
        async with contextlib.aclosing(worker.complete(hot)) as events:
            await anext(events)
            reloading = asyncio.create_task(worker.reload("other"))
            await anext(events)
            released.set()
            assert (await reloading).name == "other"
            rest = [event async for event in events]
        assert isinstance(rest[-1], FinishedEvent)
        assert rest[-1].model.name == str(tiny_model)
        short = CompletionRequest((Message("user", "Talk."),), max_tokens=3, seed=3)
        async with contextlib.aclosing(worker.complete(short)) as events:
            said = [event async for event in events]
        assert said[-1].model.name == "other"
