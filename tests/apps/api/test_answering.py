"""What a caller gets where the worker behind the API is the real server: one that is asked for more than it can hold,
refuses, or runs out of time."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from apps.api.exchange import prepare
from apps.api.inferring import asked_of
from apps.api.queries import Holder, holder_of
from apps.api.schemas import InferIn
from inference.assessing import Assessor
from inference.contracts import MAX_BODY_BYTES, FinishedEvent, FinishReason, ReplyRequest, SegmentEvent
from inference.errors import EngineRefusedError
from inference.server import create_app
from inference.strict_json import dumps, plain
from inference.testing import ScriptedEngine
from tests.apps.api.conftest import COMPANION_LINES, Caller, a_key, in_thread, serving
from tests.apps.api.test_inferring import TableHeads
from tests.cast import CastMember
from tests.tiny_worker import SECRET, running_tiny_worker

pytestmark = [pytest.mark.django_db(transaction=True)]
ASKED = {"user_query": "I feel flat since my sister moved out.", "context_type": "support"}
LETTERS = ["a ", "ร", "\N{WORRIED FACE}"]


class LateEngine(ScriptedEngine):
    """Says its lines, and that time ran out."""

    async def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        async for event in super().reply(request):
            is_end = isinstance(event, FinishedEvent)
            yield replace(event, reason=FinishReason.DEADLINE) if is_end else event


@pytest.fixture
def behind(settings: object) -> Iterator[Callable[[ScriptedEngine], ScriptedEngine]]:
    """`behind(engine)` serves it as the worker does."""
    with ExitStack() as stack:

        def use(engine: ScriptedEngine) -> ScriptedEngine:
            app = create_app(engine, secret=SECRET, assessor=Assessor(TableHeads()))
            settings.INFERENCE_URL = stack.enter_context(serving(app))
            settings.WORKER_SECRET, settings.ENGINE, settings.ASSESS_LIMIT_S = SECRET, "worker", 5.0
            return engine

        yield use


@pytest.fixture(scope="module")
def tiny_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_tiny_worker(tmp_path_factory.mktemp("tiny")) as address:
        yield address


@pytest.fixture
def tiny(tiny_address: str, settings: object) -> None:
    settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = tiny_address, SECRET, "worker"


@pytest.fixture
def key(ada: CastMember) -> str:
    return a_key(ada).text


@pytest.fixture
def caller(key: str) -> Caller:
    return Caller(key)


def talk_of(*texts: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in texts]


LONG_TALKS = {
    "exchanges": [("user", "a " * 7500), ("assistant", "b " * 7500)] * 6,
    "one speaker": [("user", "a " * 7500)] * 14,
    "wide": [("user", "\N{WORRIED FACE}" * 4500), ("assistant", "\N{WORRIED FACE}" * 4500)] * 6,
}


@pytest.mark.parametrize("persona", ["support", "education"])
@pytest.mark.parametrize("talk", LONG_TALKS.values(), ids=LONG_TALKS)
async def test_a_long_talk_is_answered_and_measured(
    behind: Callable, caller: Caller, talk: list[tuple[str, str]], persona: str
) -> None:
    worker = behind(ScriptedEngine(lines=COMPANION_LINES))
    body = ASKED | {"conversation_history": talk_of(*talk), "context_type": persona}
    answer = await caller.post("infer", raw=json.dumps(body, ensure_ascii=False).encode())
    assert answer.status_code == 200, answer.content
    metadata = answer.json()["conversation_metadata"]
    assert (metadata["source"], metadata["safety_score"]) == ("model", 1.0)
    assert worker.requests[0].messages[-1].text == ASKED["user_query"]


@pytest.mark.parametrize("letter", LETTERS)
async def test_any_request_that_fits_the_schema_fits_the_workers_body(key: str, letter: str) -> None:
    holder: Holder = await in_thread(holder_of, key)
    history = talk_of(*[("user", letter * 8000), ("assistant", letter * 8000)] * 50)
    body = InferIn(
        user_query=letter * (4000 // len(letter)), conversation_history=history, context_type="support"
    )
    ready = await prepare(holder, asked_of(body, request_id="r"), purpose="infer")
    assert len(dumps(plain(ready.plan.request))) < MAX_BODY_BYTES
    assert ReplyRequest.from_json(plain(ready.plan.request)) == ready.plan.request


@pytest.mark.parametrize("letter", LETTERS)
async def test_a_message_longer_than_the_model_can_hold_gets_the_authors_line(
    tiny: None, caller: Caller, letter: str
) -> None:
    text = letter * (4000 // len(letter))
    answer = await caller.post("infer", {"user_query": text, "context_type": "support"})
    assert (answer.status_code, answer.get("Retry-After")) == (200, None)
    assert answer.json()["conversation_metadata"]["source"] == "authored"
    streamed = await caller.post(
        "chat/completions",
        {"model": "pixelated-companion", "messages": [{"role": "user", "content": text}], "stream": True},
    )
    assert streamed.status_code == 200


async def test_a_model_that_can_hold_a_message_words_the_reply(tiny: None, caller: Caller) -> None:
    answer = await caller.post(
        "chat/completions", {"messages": [{"role": "user", "content": "Hello there."}]}
    )
    assert answer.status_code == 200
    assert answer.json()["usage"]["prompt_tokens"] > 0


async def test_an_engine_that_refuses_before_a_word_leaves_the_authors_line(
    ada_calls: Caller, engine: Callable
) -> None:
    engine(fail_with=EngineRefusedError("x"))
    answer = await ada_calls.post("infer", ASKED)
    assert (answer.status_code, answer.json()["conversation_metadata"]["source"]) == (200, "authored")


async def test_an_engine_that_refuses_in_the_middle_is_an_error_that_asking_again_does_not_help(
    ada_calls: Caller, engine: Callable
) -> None:
    engine(fail_with=EngineRefusedError("x"), fail_before=1)
    answer = await ada_calls.post("infer", ASKED)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "engine_refused")
    assert "Retry-After" not in answer


async def test_a_reply_that_ran_out_of_time_is_cut_and_not_done(behind: Callable, caller: Caller) -> None:
    behind(LateEngine(lines=COMPANION_LINES))
    body = {"model": "pixelated-companion", "messages": [{"role": "user", "content": ASKED["user_query"]}]}
    answer = (await caller.post("chat/completions", body)).json()
    assert answer["choices"][0]["message"]["content"] == " ".join(COMPANION_LINES)
    assert answer["choices"][0]["finish_reason"] == "length"
