import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest

from inference import strict_json as strict
from inference.assessing import Assessor
from inference.client import WorkerClient
from inference.completion import CompletionRequest, TextEvent
from inference.contracts import AssessRequest, FinishedEvent, Message, ReplyRequest, SegmentEvent
from inference.engine.protocol import AdapterName, EngineStatus, RefusedAdapter
from inference.errors import EngineBusyError, EngineRefusedError, EngineUnavailableError
from inference.server import create_app
from inference.testing import ScriptedEngine

Asking = Callable[..., ReplyRequest]
Serving = Callable[..., contextlib.AbstractAsyncContextManager[str]]
CANARY = "my neighbour's parrot knows Zanzibar"


def http(url: str, secret: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize(
    "path",
    [
        "/status",
        "/metrics",
        "/v1/reply",
        "/v1/assess",
        "/v1/assess-many",
        "/v1/chat/completions",
        "/reload-model",
        "/adapters",
        "/adapters/promote",
        "/adapters/roll-back",
        "/nothing",
    ],
)
async def test_everything_but_health_asks_for_the_secret(path: str, serving: Serving, secret: str) -> None:
    async with (
        serving(create_app(ScriptedEngine(), secret=secret)) as url,
        httpx.AsyncClient(base_url=url) as anyone,
    ):
        assert (await anyone.get("/health")).json() == {"ready": True}
        assert (await anyone.post(path, json={})).status_code == 401
        wrong = await anyone.post(path, json={}, headers={"Authorization": "Bearer \u00e9".encode("latin-1")})
        assert wrong.json()["error"]["code"] == "unauthorised"


async def test_a_reply_is_streamed_to_the_client(serving: Serving, asking: Asking, secret: str) -> None:
    engine = ScriptedEngine(lines=("I came.", "That is all."))
    async with (
        serving(create_app(engine, secret=secret)) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
    ):
        events = [event async for event in client.reply(asking())]
    assert [event.text for event in events if isinstance(event, SegmentEvent)] == ["I came.", "That is all."]
    assert isinstance(events[-1], FinishedEvent)
    assert engine.requests == [asking()]


async def test_an_error_in_mid_reply_arrives_as_itself(serving: Serving, asking: Asking, secret: str) -> None:
    engine = ScriptedEngine(
        lines=("I came.", "More."), fail_with=EngineUnavailableError(CANARY), fail_before=1
    )
    heard = []
    async with (
        serving(create_app(engine, secret=secret)) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
    ):
        with pytest.raises(EngineUnavailableError) as caught:
            async for event in client.reply(asking()):
                heard.append(event.text)
    assert heard == ["I came."]
    assert CANARY not in str(caught.value)


async def test_a_reader_who_leaves_ends_the_generation(serving: Serving, asking: Asking, secret: str) -> None:
    engine = ScriptedEngine(lines=("I came.", "Never said."), hold=asyncio.Event(), hold_before=1)
    async with (
        serving(create_app(engine, secret=secret)) as url,
        contextlib.aclosing(WorkerClient(url, secret)) as client,
    ):
        async with contextlib.aclosing(client.reply(asking())) as events:
            assert (await anext(events)).text == "I came."
            assert engine.active == 1
        async with asyncio.timeout(2):
            while engine.active:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0.01)
    assert engine.cancelled == 1


async def test_a_wrong_secret_is_refused_and_not_retryable(
    serving: Serving, asking: Asking, secret: str
) -> None:
    async with (
        serving(create_app(ScriptedEngine(), secret=secret)) as url,
        contextlib.aclosing(WorkerClient(url, "no")) as client,
    ):
        with pytest.raises(EngineRefusedError) as caught:
            await anext(client.reply(asking()))
    assert caught.value.retryable is False


class FullEngine(ScriptedEngine):
    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        raise EngineBusyError(retry_after_s=4)

    def complete(self, request: CompletionRequest) -> AsyncIterator[TextEvent | FinishedEvent]:
        raise ValueError(CANARY)


async def test_a_full_queue_is_429_with_retry_after(serving: Serving, asking: Asking, secret: str) -> None:
    async with serving(create_app(FullEngine(), secret=secret)) as url, http(url, secret) as caller:
        answer = await caller.post("/v1/reply", content=strict.dumps(asking().to_json()))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "4")
    assert answer.json()["error"]["code"] == "engine_busy"


async def test_what_is_too_long_or_wrong_is_refused_with_a_code(serving: Serving, secret: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b"x" * 1024

    async with serving(create_app(ScriptedEngine(), secret=secret)) as url, http(url, secret) as caller:
        declared = await caller.post("/v1/reply", content=b"x" * (256 * 1024 + 1))
        undeclared = await caller.post("/v1/reply", content=chunks())
        nonsense = await caller.post("/v1/reply", content=b"{")
        unknown = await caller.post("/v1/nothing", json={})
        wrong_method = await caller.get("/v1/reply")
    assert [declared.status_code, undeclared.status_code] == [413, 413]
    assert (nonsense.status_code, nonsense.json()["error"]["code"]) == (422, "contract_broken")
    assert (unknown.status_code, wrong_method.status_code) == (404, 405)


async def test_an_assessment_codes_the_last_message(serving: Serving, secret: str) -> None:
    said = (Message("assistant", "I drink."), Message("user", "What brings you here today?"))
    asked = AssessRequest("a", said, "practice")
    async with serving(create_app(ScriptedEngine(), secret=secret)) as url:
        client = WorkerClient(url, secret, assess_deadline_s=10)  # the first one reads the lexicons
        assessment = await client.assess(asked)
        await client.aclose()
    assert [(code.code, code.subtype) for code in assessment.codes] == [("Q", "open")]
    assert (assessment.findings, assessment.about_self) == ((), False)


async def test_a_batch_is_assessed_in_its_order_or_refused(serving: Serving, secret: str) -> None:
    said = ["Hello.", "I want to die.", "What brings you here?"]
    asked = [AssessRequest(text, (Message("user", text),)).to_json() for text in said]
    async with serving(create_app(ScriptedEngine(), secret=secret)) as url, http(url, secret) as caller:
        good = await caller.post("/v1/assess-many", json={"requests": asked}, timeout=10)
        bad = [
            await caller.post("/v1/assess-many", json=body)
            for body in ({"requests": []}, {"requests": [{}]}, {"requests": asked, "more": 1}, {})
        ]
    found = [[finding["kind"] for finding in each["findings"]] for each in good.json()["assessments"]]
    assert found == [[], ["suicidal"], []]
    assert [answer.status_code for answer in bad] == [422] * 4


async def test_a_detector_that_fails_is_counted_and_no_error(serving: Serving, secret: str) -> None:
    class Broken:
        def read(self, given: object) -> list[object]:
            raise RuntimeError(CANARY)

    asked = AssessRequest("a", (Message("user", "Hello."),)).to_json()
    app = create_app(ScriptedEngine(), secret=secret, assessor=Assessor(Broken()))
    async with serving(app) as url, http(url, secret) as caller:
        answer = await caller.post("/v1/assess", json=asked, timeout=10)
        figures = (await caller.get("/metrics")).text
    assert (answer.status_code, answer.json()["partial"]) == (200, True)
    assert 'pixelated_worker_detector_failures_total{detector="heads"} 1.0' in figures
    assert 'pixelated_worker_assess_seconds_count{partial="yes"} 1.0' in figures
    assert CANARY not in figures


async def test_completions_speak_the_openai_protocol(serving: Serving, secret: str) -> None:
    asked = {"model": "any", "messages": [{"role": "user", "content": "Hello"}], "seed": 3}
    async with (
        serving(create_app(ScriptedEngine(lines=("I came.",)), secret=secret)) as url,
        http(url, secret) as caller,
    ):
        whole = (await caller.post("/v1/chat/completions", json=asked)).json()
        streamed = await caller.post("/v1/chat/completions", json=asked | {"stream": True})
        too_many = await caller.post("/v1/chat/completions", json=asked | {"n": 2})
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "I came."}
    assert whole["choices"][0]["finish_reason"] == "stop"
    *chunks, end = [line.removeprefix("data: ") for line in streamed.text.split("\n\n") if line]
    assert end == "[DONE]"
    deltas = [json.loads(chunk)["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(deltas) == "I came."
    assert too_many.status_code == 422


async def test_completions_tell_the_tokens_read_and_said(serving: Serving, secret: str) -> None:
    asked = {"messages": [{"role": "user", "content": "x" * 40}], "stream_options": {"include_usage": True}}
    async with (
        serving(create_app(ScriptedEngine(lines=("I came home.",)), secret=secret)) as url,
        http(url, secret) as caller,
    ):
        whole = (await caller.post("/v1/chat/completions", json=asked)).json()
        streamed = await caller.post("/v1/chat/completions", json=asked | {"stream": True})
    assert whole["usage"] == {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
    *_, last, _ = [line.removeprefix("data: ") for line in streamed.text.split("\n\n") if line]
    assert (json.loads(last)["choices"], json.loads(last)["usage"]) == ([], whole["usage"])


async def test_figures_count_replies_without_words(serving: Serving, asking: Asking, secret: str) -> None:
    engine = ScriptedEngine(lines=(CANARY,))
    async with serving(create_app(engine, secret=secret)) as url, http(url, secret) as caller:
        await caller.post("/v1/reply", content=strict.dumps(asking(CANARY).to_json()))
        figures = (await caller.get("/metrics")).text
    assert 'pixelated_worker_finished_total{reason="done",route="reply"} 1.0' in figures
    assert "pixelated_worker_segments_total 1.0" in figures
    assert "Zanzibar" not in figures


async def test_an_unexpected_error_leaves_no_words_in_the_log(
    serving: Serving, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = {"messages": [{"role": "user", "content": CANARY}]}
    async with serving(create_app(FullEngine(), secret=secret)) as url, http(url, secret) as caller:
        answer = await caller.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 500
    assert "ValueError" in caplog.text
    assert "Zanzibar" not in caplog.text + answer.text


async def test_figures_name_the_device_the_memory_and_the_time_between_tokens(
    serving: Serving, secret: str
) -> None:
    class OnACard(ScriptedEngine):
        def status(self) -> EngineStatus:
            return replace(super().status(), device="cuda")

    asked = {"messages": [{"role": "user", "content": "Hello"}]}
    engine = OnACard(lines=("I came here.",), tokens_per_s=500)
    async with serving(create_app(engine, secret=secret)) as url, http(url, secret) as caller:
        await caller.post("/v1/chat/completions", json=asked)
        figures = (await caller.get("/metrics")).text
    assert 'pixelated_worker_device{device="cuda"} 1.0' in figures
    assert 'pixelated_worker_token_seconds_count{route="completions"} 1.0' in figures
    resident = float(re.search(r"^pixelated_worker_memory_bytes (\S+)$", figures, re.M)[1])
    assert resident > 1e7


async def test_figures_name_the_adapters_that_speak_and_those_refused(
    serving: Serving, asking: Asking, secret: str
) -> None:
    class WithAdapters(ScriptedEngine):
        def status(self) -> EngineStatus:
            own, other = AdapterName("client", "c" * 64, "client 1"), RefusedAdapter("companion", "old")
            return replace(super().status(), adapters=(own,), refused=(other,))

    async with serving(create_app(WithAdapters(), secret=secret)) as url, http(url, secret) as caller:
        await caller.post("/v1/reply", content=strict.dumps(asking().to_json()))
        figures = (await caller.get("/metrics")).text
    assert 'pixelated_worker_adapter{adapter="client"} 1.0' in figures
    assert 'pixelated_worker_adapter{adapter="companion"} 0.0' in figures
    assert 'pixelated_worker_replies_total{adapter="none"} 1.0' in figures
