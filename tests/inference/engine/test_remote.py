"""The remote engine against real processes: a service that speaks well or badly, and a worker of our own."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from inference.client import WorkerClient
from inference.contracts import (
    Adapted,
    Finding,
    FinishedEvent,
    Message,
    ReplyRequest,
    SegmentEvent,
    WordingLimits,
)
from inference.engine.breaker import Breaker, BreakerState
from inference.engine.judge import judge, refuses
from inference.engine.remote import RemoteEngine
from inference.engine.remote_setting import RemoteSetting
from inference.errors import (
    EngineAwayError,
    EngineBusyError,
    EngineDeadlineError,
    EngineError,
    EngineGarbageError,
    EngineNotOfferedError,
    EngineRefusedError,
    EngineUnavailableError,
)
from inference.persona import FORM_VERSION
from inference.server import create_app
from inference.testing import ScriptedEngine
from tests.openai_service import Service, running_service

NAME = "Outside Words"
KEY = "sk-never-told"
CANARY = "my neighbour's parrot knows Zanzibar"
FIRST, SECOND = "I came because my boss sent me.", "It was not my idea, to be honest."

Asking = Callable[..., ReplyRequest]
Serving = Callable[..., contextlib.AbstractAsyncContextManager[str]]
Event = SegmentEvent | FinishedEvent


@pytest.fixture(scope="module")
def process() -> Iterator[Service]:
    with running_service() as service:
        yield service


@pytest.fixture
async def engine(process: Service) -> AsyncIterator[Callable[..., RemoteEngine]]:
    """An engine that asks the service to answer in one of its ways."""
    made: list[RemoteEngine] = []

    def build(way: str, **more: object) -> RemoteEngine:
        setting = RemoteSetting(f"{process.url}/v1", way, NAME, KEY)
        made.append(RemoteEngine(setting, **({"judge": judge, "refuses": refuses} | more)))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for each in made:
        await each.drain(0.0)


@pytest.fixture
def remotely(asking: Asking) -> Asking:
    def build(text: str = CANARY, **changes: object) -> ReplyRequest:
        return asking(text, **({"remote_engine": NAME, "candidates": 1} | changes))

    return build


async def said(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, SegmentEvent)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110 - another process, which cannot wake us
            await asyncio.sleep(0.02)


async def test_a_reply_comes_in_judged_segments_and_says_which_model_spoke(engine, remotely) -> None:
    events = await said(engine("normal").reply(remotely()))
    assert texts(events) == [FIRST, SECOND]
    last = events[-1]
    assert isinstance(last, FinishedEvent)
    assert (last.reason, last.model.name) == ("done", "normal")
    assert last.timings.first_segment_ms is not None


async def test_what_is_sent_is_the_prompt_the_seed_and_the_sampling_and_nothing_of_the_limits(
    engine, remotely, process
) -> None:
    limits = WordingLimits("Marcus", facts={"hidden": "a fact to check by"}, exemplars=("a line",))
    before = len(process.told()["seen"])
    await said(engine("normal").reply(remotely(limits=limits, seed=2**62, max_tokens=33)))
    (sent,) = process.told()["seen"][before:]
    seed, _ = sent["asked"].pop("seed"), sent.pop("left")
    assert 0 <= seed < 2**31
    assert sent == {
        "path": "/v1/chat/completions",
        "key": f"Bearer {KEY}",
        "asked": {
            "model": "normal",
            "messages": [
                {"role": "system", "content": "You are Marcus."},
                {"role": "user", "content": CANARY},
            ],
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 33,
            "stream": True,
        },
    }


async def test_the_form_of_our_own_adapter_never_leaves(engine, remotely, process) -> None:
    adapted = Adapted("client", FORM_VERSION, (Message("user", "Hello. [wary: argues]"),))
    before = len(process.told()["seen"])
    events = await said(engine("normal").reply(remotely(adapted=adapted)))
    (sent,) = process.told()["seen"][before:]
    assert sent["asked"]["messages"][-1]["content"] == CANARY and "client" not in sent["asked"]
    assert "argues" not in str(sent) and events[-1].model.adapter == ""


async def test_candidates_race_and_the_judge_chooses(engine, remotely, process) -> None:
    before = len(process.told()["seen"])
    events = await said(engine("shouting").reply(remotely(candidates=4)))
    assert texts(events)[0] == FIRST
    assert events[0].candidates == 2
    seeds = [each["asked"]["seed"] for each in process.told()["seen"][before:]]
    assert len(seeds) == len(set(seeds)) == 2


async def test_words_that_are_refused_go_with_their_findings(engine, remotely) -> None:
    def severe(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        return (Finding("role_break", 0.9, "all of it", detector="wording"),)

    events = await said(engine("normal", judge=severe).reply(remotely()))
    assert [event.findings[0].kind for event in events if isinstance(event, SegmentEvent)] == ["role_break"]


async def test_a_first_word_that_is_slow_is_waited_for(engine, remotely) -> None:
    assert texts(await said(engine("slow").reply(remotely()))) == [FIRST, SECOND]


async def test_retry_after_is_kept_to(engine, remotely) -> None:
    begun = time.monotonic()
    assert texts(await said(engine("busy_once").reply(remotely()))) == [FIRST, SECOND]
    assert time.monotonic() - begun >= 1.0


async def test_a_gateway_without_a_server_is_asked_again(engine, remotely) -> None:
    outcomes: list[str] = []
    remote = engine("away_twice")
    remote.service.on_attempt = outcomes.append
    assert texts(await said(remote.reply(remotely()))) == [FIRST, SECOND]
    assert outcomes == ["engine_away", "engine_away", "answered"]


@pytest.mark.parametrize(
    ("way", "error", "attempts"),
    [
        ("busy", EngineBusyError, 1),  # It says to wait for longer than there is time.
        ("away", EngineAwayError, 3),
        ("failing", EngineError, 1),
        ("refusing", EngineRefusedError, 1),
        ("elsewhere", EngineRefusedError, 1),
        ("silent", EngineUnavailableError, 1),
        ("short", EngineUnavailableError, 1),
        ("garbage", EngineGarbageError, 1),
        ("page", EngineGarbageError, 1),
        ("flood", EngineGarbageError, 1),
        ("erring", EngineError, 1),
        ("hanging", EngineDeadlineError, 0),
        ("dripping", EngineDeadlineError, 1),
    ],
)
async def test_a_service_that_fails_is_an_error_that_tells_nothing_of_what_was_said(
    way, error, attempts, engine, remotely
) -> None:
    outcomes: list[str] = []
    remote = engine(way)
    remote.service.on_attempt = outcomes.append
    with pytest.raises(EngineError) as caught:
        await said(remote.reply(remotely(first_words_deadline_s=3.0 if attempts else 0.3)))
    assert type(caught.value) is error
    assert len(outcomes) == attempts
    chain = "".join(str(each) for each in (caught.value, caught.value.__cause__, caught.value.__context__))
    assert CANARY not in chain and KEY not in chain


async def test_nobody_there_is_asked_thrice_and_then_away(remotely) -> None:
    setting = RemoteSetting("http://127.0.0.1:9/v1", "m", NAME)
    remote = RemoteEngine(setting, judge=judge, refuses=refuses)
    outcomes: list[str] = []
    remote.service.on_attempt = outcomes.append
    with pytest.raises(EngineAwayError):
        await said(remote.reply(remotely()))
    await remote.drain(0.0)
    assert outcomes == ["engine_away"] * 3


async def test_a_line_that_breaks_keeps_whole_sentences_and_is_never_asked_again(engine, remotely) -> None:
    outcomes: list[str] = []
    remote, heard = engine("dropping"), []
    remote.service.on_attempt = outcomes.append
    with pytest.raises(EngineUnavailableError):
        async for event in remote.reply(remotely()):
            heard.append(event.text)
    assert (heard, outcomes) == ([FIRST], ["answered"])


async def test_one_candidate_that_breaks_off_leaves_the_other_to_speak(engine, remotely) -> None:
    assert texts(await said(engine("one_drops").reply(remotely(candidates=2)))) == [FIRST, SECOND]


async def test_one_candidate_that_stalls_does_not_hold_up_the_other(engine, remotely, process) -> None:
    begun = time.monotonic()
    assert texts(await said(engine("one_stalls").reply(remotely(candidates=2)))) == [FIRST, SECOND]
    assert time.monotonic() - begun < 4
    await until(lambda: any(each["left"] for each in process.told()["seen"][-2:]))


async def test_words_that_the_service_filtered_are_not_said(engine, remotely) -> None:
    events = await said(engine("filtered").reply(remotely()))
    assert [type(event) for event in events] == [FinishedEvent]


async def test_a_reply_that_never_ends_is_ended_at_its_deadline(engine, remotely, process) -> None:
    events = await said(engine("endless").reply(remotely(deadline_s=0.6)))
    assert texts(events) == [FIRST]
    assert events[-1].reason == "deadline"
    await until(lambda: process.told()["seen"][-1]["left"])


async def test_a_reader_who_leaves_closes_the_connection(engine, remotely, process) -> None:
    events = engine("endless").reply(remotely())
    assert (await anext(events)).text == FIRST
    await events.aclose()
    await until(lambda: process.told()["seen"][-1]["left"])


async def test_a_reader_who_leaves_at_once_frees_what_was_taken(engine, remotely) -> None:
    breaker = Breaker(failures=1, rest_s=0.0)
    leave = breaker.admit()
    assert leave is not None
    breaker.failed(leave)
    remote = engine("normal", breaker=breaker)
    await remote.reply(remotely()).aclose()
    await until(lambda: not remote._answers)
    assert texts(await said(remote.reply(remotely()))) == [FIRST, SECOND]


async def test_a_service_that_keeps_failing_is_left_alone_until_one_is_answered(
    engine, remotely, process
) -> None:
    now = [0.0]
    remote = engine("changing", breaker=Breaker(failures=2, rest_s=20, clock=lambda: now[0]))
    process.told("/become/failing")
    for _ in range(2):
        with pytest.raises(EngineError):
            await said(remote.reply(remotely()))
    await until(lambda: remote.breaker_state is BreakerState.OPEN)
    asked = len(process.told()["seen"])
    begun = time.monotonic()
    with pytest.raises(EngineAwayError) as caught:
        remote.reply(remotely())
    assert caught.value.retryable
    assert time.monotonic() - begun < 0.1
    assert len(process.told("/become/normal")["seen"]) == asked
    now[0] = 21.0
    assert texts(await said(remote.reply(remotely()))) == [FIRST, SECOND]
    await until(lambda: remote.breaker_state is BreakerState.CLOSED)


async def test_a_refusal_does_not_open_the_breaker(engine, remotely) -> None:
    remote = engine("refusing", breaker=Breaker(failures=1))
    with pytest.raises(EngineRefusedError) as caught:
        await said(remote.reply(remotely()))
    assert not caught.value.retryable
    assert remote.breaker_state is BreakerState.CLOSED


async def test_a_judge_that_fails_is_an_error_without_words(engine, remotely, caplog) -> None:
    def broken(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        raise ValueError(text)

    with pytest.raises(EngineError) as caught:
        await said(engine("normal", judge=broken).reply(remotely()))
    assert FIRST not in str(caught.value) + caplog.text
    assert "ValueError" in caplog.text


async def test_another_service_than_was_agreed_to_is_not_asked(engine, remotely, process) -> None:
    asked = len(process.told()["seen"])
    with pytest.raises(EngineNotOfferedError):
        engine("normal").reply(remotely(remote_engine="Some Other Words"))
    assert len(process.told()["seen"]) == asked


async def test_draining_lets_a_reply_finish_and_takes_no_other(engine, remotely) -> None:
    remote = engine("slow")
    events = remote.reply(remotely())
    draining = asyncio.create_task(remote.drain(5.0))
    assert texts(await said(events)) == [FIRST, SECOND]
    await draining
    with pytest.raises(EngineAwayError):
        remote.reply(remotely())


async def test_the_worker_asks_whom_the_request_names_and_nobody_in_its_place(
    engine, remotely, asking, serving: Serving, secret: str
) -> None:
    own = ScriptedEngine(lines=("I came by myself.",))
    async with (
        serving(create_app(own, secret=secret, remote=engine("normal"))) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {secret}"}) as caller,
    ):
        assert texts(await said(client.reply(asking()))) == ["I came by myself."]
        assert texts(await said(client.reply(remotely()))) == [FIRST, SECOND]
        with pytest.raises(EngineNotOfferedError):
            await said(client.reply(remotely(remote_engine="Some Other Words")))
        figures = (await caller.get("/metrics")).text
    assert len(own.requests) == 1
    assert 'pixelated_worker_finished_total{reason="done",route="remote"} 1.0' in figures
    assert 'pixelated_worker_errors_total{code="engine_not_offered",route="remote"} 1.0' in figures
    assert 'pixelated_worker_remote_requests_total{outcome="answered"} 1.0' in figures
    assert 'pixelated_worker_remote_breaker{state="closed"} 1.0' in figures


async def test_a_remote_engine_that_fails_is_replaced_by_no_other(
    engine, remotely, serving: Serving, secret: str
) -> None:
    own = ScriptedEngine()
    async with (
        serving(create_app(own, secret=secret, remote=engine("garbage"))) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
    ):
        with pytest.raises(EngineGarbageError):
            await said(client.reply(remotely()))
    assert own.requests == []


async def test_a_worker_without_one_refuses_for_good(remotely, serving: Serving, secret: str) -> None:
    own = ScriptedEngine()
    async with (
        serving(create_app(own, secret=secret)) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
    ):
        with pytest.raises(EngineNotOfferedError) as caught:
            await said(client.reply(remotely()))
    assert (caught.value.code, caught.value.retryable) == ("engine_not_offered", False)
    assert own.requests == []


async def test_a_worker_of_our_own_can_be_the_service_of_another(
    start_worker: Callable[..., object], remotely: Asking, secret: str
) -> None:
    """Two processes as they are started, the asking one with a model of its own; the key is the other's secret."""
    service = start_worker("--engine", "scripted")
    worker = start_worker(
        PIXELATED_REMOTE_URL=f"{service.url}/v1",
        PIXELATED_REMOTE_MODEL="any",
        PIXELATED_REMOTE_NAME=NAME,
        PIXELATED_REMOTE_KEY=secret,
    )
    async with contextlib.aclosing(WorkerClient(worker.url, secret)) as client:
        events = await said(client.reply(remotely(messages=(Message("user", CANARY),))))
        own = await said(client.reply(remotely(remote_engine="")))
    assert texts(events) and texts(own)
    assert events[-1].model.name == "any" != own[-1].model.name
    assert CANARY not in "".join([*worker.output, *service.output])
    assert secret not in "".join(worker.output)
