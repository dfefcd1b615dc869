"""What breaks in the worker, and how far it reaches: one prompt, one reply, one batch, the thread itself."""

import asyncio
import contextlib
import functools
import gc
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch

from inference.completion import CompletionRequest
from inference.contracts import (
    Finding,
    FinishedEvent,
    FinishReason,
    Message,
    ModelName,
    SegmentEvent,
    WordingLimits,
)
from inference.engine.generate import Batch
from inference.engine.loader import LoadedModel
from inference.engine.worker import ModelWorker
from inference.errors import (
    ContractError,
    EngineAwayError,
    EngineDeadlineError,
    EngineError,
    EngineUnavailableError,
    ModelError,
)
from tests.inference.engine.workers import Asking, Starting, idle, load_quietly, reply, started, texts

STRICT_TEMPLATE = (
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
    "<|im_start|>{{ message['role'] }} {{ message['content'] }}<|im_end|>{% endfor %}"
)
"""As some models have it: no system's message, and the user and the assistant in turn, the user first."""
CANARY = "Zanzibar"
SHORT = (Message("user", "How are you?"),)
LONG_TALK = CompletionRequest((Message("user", "Talk."),), max_tokens=900, temperature=1.0, top_p=1.0, seed=3)


@pytest.fixture
def starting(tiny_model: Path) -> Starting:
    return functools.partial(started, str(tiny_model))


@contextlib.asynccontextmanager
async def somebody_speaking(worker: ModelWorker) -> AsyncIterator[AsyncIterator[object]]:
    async with contextlib.aclosing(worker.complete(LONG_TALK)) as events:
        await anext(events)
        yield events


def load_strict(source: str) -> LoadedModel:
    model = load_quietly(source)
    model.tokenizer.chat_template = STRICT_TEMPLATE
    return model


async def test_a_talk_that_the_template_refuses_fails_alone(starting: Starting, asking: Asking) -> None:
    talks = (
        (Message("assistant", "I came."), Message("user", CANARY)),
        (Message("user", "Hello."), Message("user", CANARY)),
    )
    async with starting(load=load_strict) as worker, somebody_speaking(worker) as others:
        for messages in talks:
            async with asyncio.timeout(5):
                with pytest.raises(ContractError) as caught:
                    await reply(worker, asking(messages=messages))
            assert CANARY not in str(caught.value)
        await anext(others)
        assert (worker.status().waiting, worker.status().speaking) == (0, 1)
        assert texts(await reply(worker, asking(messages=SHORT))) != []


class BreakingTokenizer:
    """Breaks over one word, as code that nobody foresaw."""

    def __init__(self, own: object) -> None:
        self._own = own

    def __getattr__(self, name: str) -> object:
        return getattr(self._own, name)

    def __call__(self, text: str, **settings: object) -> object:
        if CANARY in text:
            raise RuntimeError(text)
        return self._own(text, **settings)  # type: ignore[operator]


def load_breaking(source: str) -> LoadedModel:
    model = load_quietly(source)
    return replace(model, tokenizer=BreakingTokenizer(model.tokenizer))


async def test_a_prompt_that_breaks_the_worker_s_own_code_fails_alone(
    starting: Starting, asking: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    async with starting(load=load_breaking) as worker, somebody_speaking(worker) as others:
        async with asyncio.timeout(5):
            with pytest.raises(EngineError):
                await reply(worker, asking(CANARY))
        await anext(others)
        assert (worker.status().waiting, worker.status().speaking) == (0, 1)
        assert texts(await reply(worker, asking())) != []
    assert "RuntimeError" in caplog.text and CANARY not in caplog.text


async def test_a_reply_that_cannot_be_judged_fails_alone(starting: Starting, asking: Asking) -> None:
    def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        if limits.speaker == CANARY:
            raise RuntimeError(text)
        return ()

    async with starting(judge=judge) as worker, somebody_speaking(worker) as others:
        with pytest.raises(EngineError):
            await reply(worker, asking(speaker=CANARY))
        await anext(others)
        async with asyncio.timeout(5):
            while worker.status().rows > 1:  # noqa: ASYNC110 - its state has no event
                await asyncio.sleep(0.01)
        assert worker.status().speaking == 1


class Trouble:
    """Of a machine: `breaks` the next token, or has no memory for another batch of those who speak while `is_full`.
    `held` is how many batches there were when one was made."""

    def __init__(self) -> None:
        self.breaks = self.is_full = False
        self.held: list[int] = []


class BreakingEnds(frozenset[int]):
    trouble: Trouble

    def __contains__(self, token: object) -> bool:
        if self.trouble.breaks:
            self.trouble.breaks = False
            raise RuntimeError(CANARY)
        return super().__contains__(token)


@dataclass(frozen=True)
class TroubledModel(LoadedModel):
    trouble: Trouble = field(default_factory=Trouble)

    @property
    def dtype(self) -> torch.dtype:
        """Asked for whenever a batch is made."""
        batches = [each for each in gc.get_objects() if type(each) is Batch]
        self.trouble.held.append(sum(getattr(each, "_speakers", None) is not None for each in batches))
        if self.trouble.is_full and threading.current_thread().name == "model":
            raise torch.OutOfMemoryError("none is left")
        return super().dtype


def troubled(source: str, trouble: Trouble) -> LoadedModel:
    model = load_quietly(source)
    ends = BreakingEnds(model.ends)
    ends.trouble = trouble
    return TroubledModel(**(vars(model) | {"ends": ends}), trouble=trouble)


async def test_a_batch_that_broke_is_let_go_before_another_is_made(
    starting: Starting, asking: Asking
) -> None:
    trouble = Trouble()
    async with starting(load=lambda source: troubled(source, trouble)) as worker:
        before = await reply(worker, asking())
        gc.collect()
        trouble.held.clear()
        trouble.breaks = True
        with pytest.raises(EngineError):
            await reply(worker, asking())
        after = await reply(worker, asking())
    assert trouble.held == [0]
    assert texts(after) == texts(before) != []


async def until(worker: ModelWorker, *, ready: bool) -> None:
    async with asyncio.timeout(5):
        while worker.status().ready is not ready:  # noqa: ASYNC110 - its state has no event
            await asyncio.sleep(0.01)


async def test_without_memory_for_another_batch_the_worker_says_so_and_comes_back(
    starting: Starting, asking: Asking
) -> None:
    trouble = Trouble()
    async with starting(load=lambda source: troubled(source, trouble), max_rows=4) as worker:
        before = await reply(worker, asking())
        async with somebody_speaking(worker) as speaking:
            waiting = asyncio.create_task(reply(worker, asking(first_words_deadline_s=0.4)))
            await asyncio.sleep(0)
            trouble.is_full = trouble.breaks = True
            with pytest.raises(EngineError):
                async for _ in speaking:
                    pass
        await until(worker, ready=False)
        with pytest.raises(EngineAwayError):
            worker.reply(asking())
        with pytest.raises(EngineDeadlineError):
            await waiting
        trouble.is_full = False
        await until(worker, ready=True)
        assert texts(await reply(worker, asking())) == texts(before)


async def test_a_model_without_memory_for_its_batch_leaves_the_old_one_speaking(
    starting: Starting, asking: Asking, tiny_model: Path
) -> None:
    trouble = Trouble()

    def load(source: str) -> LoadedModel:
        if source != "other":
            return load_quietly(source)
        model = troubled(str(tiny_model), trouble)
        return replace(model, name=ModelName("other"))

    async with starting(load=load) as worker:
        trouble.is_full = True
        with pytest.raises(ModelError):
            await worker.reload("other")
        assert (worker.status().ready, worker.status().model.name) == (True, str(tiny_model))
        assert texts(await reply(worker, asking())) != []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_thread_that_died_leaves_nobody_waiting_and_is_not_ready(
    starting: Starting, asking: Asking
) -> None:
    def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        raise SystemExit

    async with starting(judge=judge, max_rows=4) as worker:
        speaking = asyncio.create_task(reply(worker, asking()))
        waiting = asyncio.create_task(reply(worker, asking()))
        async with asyncio.timeout(5):
            for told in (speaking, waiting):
                with pytest.raises(EngineUnavailableError):
                    await told
        assert worker.status().ready is False
        with pytest.raises(EngineAwayError):
            worker.reply(asking())
        with pytest.raises(EngineAwayError):
            await worker.reload("")


async def test_an_empty_source_is_the_model_that_speaks(starting: Starting, tiny_model: Path) -> None:
    asked: list[str] = []

    def load(source: str) -> LoadedModel:
        asked.append(source)
        if source == "broken":
            raise ModelError("it cannot be read")
        return replace(load_quietly(str(tiny_model)), name=ModelName(source))

    async with starting(load=load) as worker:
        await worker.reload("other")
        again = await worker.reload("")
        with pytest.raises(ModelError):
            await worker.reload("broken")
        once_more = await worker.reload("")
    assert (again.name, once_more.name) == ("other", "other")
    assert asked == [str(tiny_model), "other", "other", "broken", "other"]


async def test_a_reply_that_the_deadline_ended_says_so(starting: Starting, asking: Asking) -> None:
    def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        time.sleep(0.15)
        return ()

    request = asking(
        candidates=1,
        max_tokens=900,
        max_segments=20,
        deadline_s=0.4,
        limits=WordingLimits("Marcus", max_words=900),
    )
    async with starting(judge=judge) as worker:
        events = await reply(worker, request)
        await idle(worker)
        assert worker.status().rows == 0
    last = events[-1]
    assert isinstance(events[0], SegmentEvent) and isinstance(last, FinishedEvent)
    assert last.reason == FinishReason.DEADLINE and last.timings.total_ms < 900
