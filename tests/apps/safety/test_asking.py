"""Asking the worker's layer: whatever it does, there is an answer within the limit, and nobody's words in a log."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

import pytest

from apps.core.metrics import ASSESSMENTS
from apps.safety.asking import MOST_CHARACTERS, MOST_MESSAGES, ask, request_for
from apps.safety.policy_table import policy_table
from inference import strict_json as strict
from inference.assessing import Assessor
from inference.client import WorkerClient
from inference.contracts import Assessment, AssessRequest, BehaviourCode, Finding, Label
from inference.errors import EngineAwayError, EngineBusyError, EngineGarbageError, EngineRefusedError
from inference.testing import ScriptedEngine

CANARY = "zqparrots know Zanzibar"
WHOLE = Assessment((Finding("suicidal", 0.9, CANARY, 0, 4, "head.crisis"),), versions={"head.crisis": "1"})


def asked(text: str = CANARY) -> AssessRequest:
    return request_for("r", "support", text, talk=())


def counted(outcome: str) -> float:
    return ASSESSMENTS.labels(outcome)._value.get()


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        (ScriptedEngine(assessment=WHOLE), ""),
        (ScriptedEngine(assessment=Assessment(partial=True)), "partial"),
        (ScriptedEngine(assess_after_s=5), "engine_deadline"),
        (ScriptedEngine(assess_fails=EngineAwayError(CANARY)), "engine_away"),
        (ScriptedEngine(assess_fails=EngineBusyError(retry_after_s=3)), "engine_busy"),
        (ScriptedEngine(assess_fails=EngineRefusedError(CANARY)), "engine_refused"),
        (ScriptedEngine(assess_fails=EngineGarbageError(CANARY)), "engine_garbage"),
        (ScriptedEngine(assess_fails=ZeroDivisionError(CANARY)), "failed"),
    ],
    ids=["whole", "partial", "slow", "away", "busy", "refused", "garbage", "a mistake of ours"],
)
async def test_whatever_the_worker_does_there_is_an_answer_in_time(
    engine: ScriptedEngine, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, begun = counted(why or "whole"), time.monotonic()
    with caplog.at_level(logging.DEBUG):
        assessed = await ask(engine, asked())
    assert time.monotonic() - begun < 0.6
    assert assessed.why == why
    assert assessed.partial is (why != "")
    assert (assessed.assessment is None) is (why not in ("", "partial"))
    assert counted(why or "whole") == before + 1
    assert "zqparrots" not in caplog.text
    assert bool(caplog.records) is (assessed.assessment is None)


async def test_who_may_wait_longer_says_so() -> None:
    slow = ScriptedEngine(assessment=WHOLE, assess_after_s=0.4)
    assert (await ask(slow, asked())).why == "engine_deadline"
    assert (await ask(slow, asked(), within_s=3.0)).assessment == WHOLE


@pytest.mark.parametrize(
    "assessment",
    [
        Assessment((Finding("suicidal", 0.9, "", 0, 99),)),
        Assessment((Finding("suicidal", 0.9, "", 4, 2),)),
        Assessment((Finding("suicidal", 0.9, "", 4, None),)),
        Assessment((Finding("the words themselves", 0.9, ""),)),
        Assessment((Finding("suicidal", 0.9, "", detector="My words"),)),
        Assessment(labels=(Label("Words of mine", "x", 0.5),)),
        Assessment(codes=(BehaviourCode("Q", "open", 0.5, 0, 99),)),
    ],
    ids=["beyond", "backwards", "half", "kind", "detector", "label", "code"],
)
async def test_an_answer_that_cannot_be_about_this_text_is_not_believed(assessment: Assessment) -> None:
    assessed = await ask(ScriptedEngine(assessment=assessment), asked("Short text."))
    assert (assessed.assessment, assessed.why) == (None, "assessment_garbage")


def test_the_newest_of_the_talk_goes_with_the_message() -> None:
    talk = [("", "So. Talk."), *((f"You said {n}.", f"I said {n}.") for n in range(40))]
    request = request_for("r", "practice", "And today?", talk=talk)
    assert len(request.messages) == MOST_MESSAGES + 1
    assert [(m.role, m.text) for m in request.messages[-3:]] == [
        ("user", "You said 39."),
        ("assistant", "I said 39."),
        ("user", "And today?"),
    ]
    first = request_for("r", "practice", "Hello.", talk=talk[:1])
    assert [(m.role, m.text) for m in first.messages] == [("assistant", "So. Talk."), ("user", "Hello.")]


def test_a_long_talk_is_cut_to_what_a_request_may_hold() -> None:
    request = request_for("r", "support", "And today?", talk=[("x" * 4000, "y" * 2000)] * 6)
    before = request.messages[:-1]
    assert 0 < sum(len(message.text) for message in before) <= MOST_CHARACTERS


@contextlib.asynccontextmanager
async def worker_saying(raw: bytes | None) -> AsyncIterator[WorkerClient]:
    """A server that answers everything with these bytes, or takes the request and says nothing."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if raw is None:
                await reader.read()
            else:
                writer.write(raw)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    client = WorkerClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "secret")
    try:
        yield client
    finally:
        await client.aclose()
        server.close()


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "engine_deadline"),
        (b"", "engine_unavailable"),
        (ok(b"\xff\xfe"), "engine_garbage"),
        (ok(b'{"findings": NaN}'), "engine_garbage"),
        (ok(strict.dumps(WHOLE.to_json() | {"about_self": "yes"})), "engine_garbage"),
        (ok(b"[" * 300_000), "engine_garbage"),
        (b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "engine_failed"),
        (b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "engine_away"),
        (ok(strict.dumps(WHOLE.to_json())), ""),
    ],
    ids=["silent", "hangs up", "bytes", "nan", "type", "long", "500", "503", "whole"],
)
async def test_a_worker_over_http_cannot_break_or_delay_a_turn(raw: bytes | None, why: str) -> None:
    begun = time.monotonic()
    async with worker_saying(raw) as client:
        assessed = await ask(client, asked())
    assert time.monotonic() - begun < 1
    assert assessed.why == why


@pytest.mark.parametrize("mode", ["practice", "support"])
@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself, I have the pills here.",
        "People like you are always late. You speak good English for an immigrant.",
        "At your age you should know better. Call me on +44 20 7946 0958.",
        "What brings you here today?",
    ],
)
async def test_what_our_own_detectors_answer_is_believed_and_known_to_the_policy(
    mode: str, text: str
) -> None:
    answer = Assessor().assess(request_for("r", mode, text, talk=[("", "So. Talk.")]))
    assessed = await ask(ScriptedEngine(assessment=answer), asked(text))
    assert assessed.why in ("", "partial")
    unknown = {finding.kind for finding in answer.findings if not policy_table().group(finding.kind)}
    assert unknown == set()
