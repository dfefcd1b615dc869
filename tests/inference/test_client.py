"""The client against bytes no worker of ours would send, and against real worker processes that die."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from inference import strict_json as strict
from inference.client import WorkerClient
from inference.contracts import (
    Adapted,
    AssessRequest,
    FinishedEvent,
    Message,
    ReplyRequest,
    SegmentEvent,
)
from inference.errors import (
    EngineAwayError,
    EngineBusyError,
    EngineDeadlineError,
    EngineError,
    EngineGarbageError,
    EngineRefusedError,
    EngineUnavailableError,
)
from inference.persona import FORM_VERSION
from inference.server import create_app
from inference.testing import ScriptedEngine

Asking = Callable[..., ReplyRequest]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"
SEGMENT = strict.dumps(SegmentEvent(0, "It was fine.").to_json()) + b"\n"


@contextlib.asynccontextmanager
async def answering(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[WorkerClient]:
    """A client of a server that answers every request with `answer` and then closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = WorkerClient(f"http://127.0.0.1:{port}", "secret")
    try:
        yield client
    finally:
        await client.aclose()
        server.close()


def saying(raw: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return say


async def heard(client: WorkerClient, request: ReplyRequest) -> list[str]:
    return [event.text async for event in client.reply(request) if isinstance(event, SegmentEvent)]


@pytest.mark.parametrize(
    "line",
    [
        b"not json\n",
        b"\xff\xfe\n",
        b'{"event":"segment","n":NaN,"text":"x"}\n',
        b'{"event":"segment","n":0}\n',
        b'{"event":"song"}\n',
        b"[]\n",
        b'{"event":"segment","n":0,"text":"' + b"x" * 10_000_000 + b'"}\n',
        (b'{"event":"segment","n":0,"text":"' + b"x" * 1900 + b'"}\n') * 600,
        b'{"event":"finished","reason":"tired","model":{"name":"m"},"timings":{"queued_ms":0,"total_ms":0}}\n',
    ],
    ids=["words", "bytes", "nan", "missing", "unknown", "list", "10 MB line", "long stream", "reason"],
)
async def test_a_stream_that_cannot_be_read_is_garbage(line: bytes, asking: Asking) -> None:
    async with answering(saying(HEAD + line)) as client:
        with pytest.raises(EngineGarbageError):
            await heard(client, asking())


async def test_a_stream_that_just_ends_is_a_lost_worker_and_keeps_what_was_heard(asking: Asking) -> None:
    got = []
    async with answering(saying(HEAD + SEGMENT)) as client:
        with pytest.raises(EngineUnavailableError):
            async for event in client.reply(asking()):
                got.append(event.text)
    assert got == ["It was fine."]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, EngineRefusedError),
        (404, EngineRefusedError),
        (422, EngineRefusedError),
        (500, EngineError),
        (503, EngineAwayError),
        (302, EngineError),
    ],
)
async def test_a_bad_status_is_an_error_of_ours(status: int, kind: type[EngineError], asking: Asking) -> None:
    async with answering(saying(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)) as client:
        with pytest.raises(EngineError) as caught:
            await heard(client, asking())
    assert type(caught.value) is kind


async def test_a_request_too_long_in_both_forms_is_sent_in_the_plain_one(
    serving: Callable[..., contextlib.AbstractAsyncContextManager[str]], asking: Asking, secret: str
) -> None:
    engine = ScriptedEngine(lines=("I came.",))
    short = Adapted("client", FORM_VERSION, (Message("user", "x"),))
    long = Adapted("client", FORM_VERSION, (Message("user", "x" * 16_000),) * 20)
    async with (
        serving(create_app(engine, secret=secret)) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
    ):
        for form in (short, long):
            assert await heard(client, asking(adapted=form)) == ["I came."]
    assert engine.requests == [asking(adapted=short), asking()]


async def test_a_full_queue_says_when_to_ask_again(asking: Asking) -> None:
    async with answering(saying(b"HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")) as client:
        with pytest.raises(EngineBusyError) as caught:
            await heard(client, asking())
    assert caught.value.retry_after_s == 7


async def test_an_error_line_is_raised_by_its_code(asking: Asking) -> None:
    line = b'{"event":"error","code":"engine_deadline","retryable":true}\n'
    async with answering(saying(HEAD + line)) as client:
        with pytest.raises(EngineDeadlineError):
            await heard(client, asking())


async def test_nobody_listening_is_known_at_once(asking: Asking) -> None:
    client = WorkerClient("http://127.0.0.1:9", "secret")
    begun = time.monotonic()
    with pytest.raises(EngineAwayError):
        await heard(client, asking())
    assert time.monotonic() - begun < 1.5
    assert await client.health() is False
    await client.aclose()


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def test_a_worker_that_never_speaks_is_late_after_its_first_words_deadline(asking: Asking) -> None:
    async with answering(hang) as client:
        begun = time.monotonic()
        with pytest.raises(EngineDeadlineError):
            await heard(client, asking(first_words_deadline_s=0.1))
        assert time.monotonic() - begun < 2


async def test_a_worker_that_falls_silent_is_late_after_the_turn_s_deadline(asking: Asking) -> None:
    async def trail_off(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + SEGMENT)
        await asyncio.sleep(30)

    async with answering(trail_off) as client:
        got = []
        with pytest.raises(EngineDeadlineError):
            async for event in client.reply(asking(deadline_s=0.3)):
                got.append(event.text)
    assert got == ["It was fine."]


async def test_an_assessment_that_takes_too_long_is_given_up_after_300_ms() -> None:
    async with answering(hang) as client:
        begun = time.monotonic()
        with pytest.raises(EngineDeadlineError):
            await client.assess(AssessRequest("a", (Message("user", "Hello."),)))
        assert 0.25 < time.monotonic() - begun < 1


async def test_an_assessment_has_the_time_that_the_caller_names() -> None:
    async with answering(hang) as client:
        begun = time.monotonic()
        with pytest.raises(EngineDeadlineError):
            await client.assess(AssessRequest("a", (Message("user", "Hello."),)), deadline_s=0.6)
        assert 0.55 < time.monotonic() - begun < 1.5


async def test_an_assessment_of_nonsense_is_garbage() -> None:
    async with answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{]")) as client:
        with pytest.raises(EngineGarbageError):
            await client.assess(AssessRequest("a", (Message("user", "Hello."),)))


async def test_a_request_that_is_too_long_is_not_sent(asking: Asking) -> None:
    client = WorkerClient("http://127.0.0.1:9", "secret")
    messages = tuple(Message("user", "x" * 16_000) for _ in range(20))
    with pytest.raises(EngineRefusedError):
        await heard(client, asking(messages=messages))
    await client.aclose()


@pytest.mark.faults
async def test_a_worker_killed_in_mid_reply_is_known_within_three_seconds(
    start_worker: Callable[..., object], asking: Asking, secret: str
) -> None:
    worker = start_worker("--engine", "scripted", PIXELATED_SCRIPTED_TOKENS_PER_S="8")
    client = WorkerClient(worker.url, secret)
    assert await client.health() is True
    got, killed_at = [], 0.0
    with pytest.raises(EngineUnavailableError):
        async for event in client.reply(asking(seed=2)):
            got.append(event)
            if not killed_at:
                worker.process.send_signal(signal.SIGKILL)
                killed_at = time.monotonic()
    assert time.monotonic() - killed_at < 3
    assert not any(isinstance(event, FinishedEvent) for event in got)
    with pytest.raises(EngineUnavailableError):
        await heard(client, asking())
    await client.aclose()


@pytest.mark.faults
async def test_a_worker_that_is_stopped_hangs_and_is_late(
    start_worker: Callable[..., object], asking: Asking, secret: str
) -> None:
    worker = start_worker("--engine", "scripted")
    client = WorkerClient(worker.url, secret)
    assert await heard(client, asking()) != []
    worker.process.send_signal(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        with pytest.raises(EngineDeadlineError):
            await heard(client, asking(first_words_deadline_s=0.2))
        assert time.monotonic() - begun < 2
    finally:
        worker.process.send_signal(signal.SIGCONT)
    assert await heard(client, asking()) != []
    await client.aclose()
