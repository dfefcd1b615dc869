"""Every figure of an answer, with the real worker's server and detectors, and heads that read by a table."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from apps.core.organisation import acting_for
from inference.assessing import Assessor
from inference.contracts import Assessment, Label
from inference.errors import EngineAwayError
from inference.safety.detectors.given import Given, Reading
from inference.server import create_app
from inference.testing import ScriptedEngine
from tests.apps.api.conftest import COMPANION_LINES, Caller, a_key, in_thread, serving
from tests.cast import CastMember
from tests.factories import CLIENT, a_version

pytestmark = [pytest.mark.django_db(transaction=True)]
ASKED = {"user_query": "I feel flat since my sister moved out.", "context_type": "support"}
LIKELIEST = {
    "crisis.kind": "none",
    "crisis.severity": "none",
    "bias": "no",
    "hate": "no",
    "toxicity": "none",
    "technique": "mi",
}
WEIGHTS = Path(__file__).parents[3] / "inference/encoder/weights"
FIGURES = ("technique_consistency", "bias_score", "safety_score", "therapeutic_effectiveness_score")
FOR_GOOD = {"therapeutic_effectiveness_score": "no_outcomes"}


def shipped_heads() -> dict[str, list[str]]:
    """The labels of every head that is shipped, by its card."""
    cards = [json.loads(card.read_text(encoding="utf-8")) for card in WEIGHTS.glob("*/card.json")]
    return {
        head["name"]: head["labels"] for card in cards for head in card["heads"] if head["answer"] != "tags"
    }


class TableHeads:
    """The shipped heads, each sure of one label."""

    def __init__(self) -> None:
        self._readings = {
            name: Reading(
                {
                    label: 0.9 if label == LIKELIEST.get(name, labels[-1]) else 0.1 / len(labels)
                    for label in labels
                },
                "1",
            )
            for name, labels in shipped_heads().items()
        }

    def read(self, given: Sequence[Given]) -> list[Given]:
        return [replace(each, readings=self._readings) for each in given]


class BrokenHeads:
    def read(self, given: Sequence[Given]) -> list[Given]:
        raise RuntimeError("no weights")


@pytest.fixture
def worker(settings: object) -> Iterator[Callable[..., Caller]]:
    """`worker(heads)` serves a worker that answers, in place of the fake at the engine."""
    running = []

    def use(heads: object) -> None:
        app = create_app(ScriptedEngine(lines=COMPANION_LINES), secret="two", assessor=Assessor(heads))
        server = serving(app)
        settings.INFERENCE_URL, settings.WORKER_SECRET = server.__enter__(), "two"
        settings.ENGINE, settings.ASSESS_LIMIT_S = "worker", 5.0
        running.append(server)

    yield use
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def caller(ada: CastMember) -> Caller:
    return Caller(a_key(ada).text)


def null_fields(answer: dict[str, object]) -> set[str]:
    """The names of all that is null in an `infer` answer."""
    domains, metadata = answer["eq_scores"] or {}, answer["conversation_metadata"]
    return {name for part in (answer, domains, metadata) for name, value in part.items() if value is None}


def talk(turns: int) -> list[dict[str, str]]:
    return [
        {"role": role, "content": f"{words} {n}."}
        for n in range(turns)
        for role, words in (("user", "It is quiet on evening"), ("assistant", "What was there on evening"))
    ]


async def test_every_figure_of_a_talk_is_there_but_the_one_that_is_null_for_good(
    worker: Callable, caller: Caller
) -> None:
    worker(TableHeads())
    answer = (await caller.post("infer", ASKED | {"conversation_history": talk(3)})).json()
    metadata = answer["conversation_metadata"]
    assert null_fields(answer) == {"therapeutic_effectiveness_score", "client"}
    assert metadata["null_because"] == FOR_GOOD
    numbers = [answer["confidence"], *answer["eq_scores"].values(), *(metadata[name] for name in FIGURES[:3])]
    assert all(0 <= number <= 1 for number in numbers) and len(numbers) == 10
    assert metadata["detected_techniques"] == [{"name": "mi", "confidence": 0.9}]
    assert (metadata["model"], metadata["assessed"]) == ("scripted", True)


async def test_every_entry_of_a_batch_is_measured_as_one_alone_is(worker: Callable, caller: Caller) -> None:
    worker(TableHeads())
    asked = ASKED | {"conversation_history": talk(3)}
    batch = (await caller.post("batch-infer", {"requests": [asked, ASKED]})).json()
    long, short = (entry["result"] for entry in batch["results"])
    assert null_fields(long) == {"therapeutic_effectiveness_score", "client"}
    assert null_fields(short) == {"therapeutic_effectiveness_score", "client", "technique_consistency"}
    because = short["conversation_metadata"]["null_because"]
    assert because == FOR_GOOD | {"technique_consistency": "too_few_replies"}


async def test_a_persona_that_was_read_states_how_sure_and_one_that_was_not_states_nothing(
    worker: Callable, caller: Caller
) -> None:
    worker(TableHeads())
    read = (await caller.post("infer", {"user_query": ASKED["user_query"]})).json()
    assert 0.5 < read["conversation_metadata"]["persona_confidence"] <= 1
    unread = (await caller.post("infer", {"user_query": "Hm."})).json()
    assert "persona_confidence" in null_fields(unread)
    assert "persona_confidence" not in unread["conversation_metadata"]["null_because"]


async def test_a_clients_reply_is_measured_for_how_safe_it_is_alone(
    worker: Callable, caller: Caller, ada: CastMember
) -> None:
    worker(TableHeads())
    await in_thread(_publish, ada)
    answer = (await caller.post("infer", ASKED | {"context_type": f"practice:{CLIENT}"})).json()
    metadata = answer["conversation_metadata"]
    assert answer["persona_mode"] == "client"
    assert None not in (metadata["safety_score"], metadata["bias_score"], answer["confidence"])
    assert set(answer["eq_scores"].values()) == {None}
    assert {metadata["null_because"][name] for name in answer["eq_scores"]} == {"not_a_helper"}


async def test_without_heads_the_rules_figure_is_left_and_the_rest_says_why(
    worker: Callable, caller: Caller
) -> None:
    worker(BrokenHeads())
    answer = (await caller.post("infer", ASKED)).json()
    metadata = answer["conversation_metadata"]
    assert (metadata["safety_score"], metadata["assessed"]) == (1.0, False)
    unread = {*answer["eq_scores"], "technique_consistency", "bias_score", "confidence"}
    assert metadata["null_because"] == FOR_GOOD | dict.fromkeys(unread, "not_read")


async def test_a_worker_that_does_not_assess_leaves_figures_null_by_its_code(
    ada_calls: Caller, engine: Callable
) -> None:
    engine(assess_fails=EngineAwayError("x"))
    answer = (await ada_calls.post("infer", ASKED)).json()
    because = answer["conversation_metadata"]["null_because"]
    assert because.pop("therapeutic_effectiveness_score") == "no_outcomes"
    assert set(because.values()) == {"engine_away"}
    assert set(because) == {*answer["eq_scores"], *FIGURES[:3], "confidence"}


async def test_measuring_may_take_longer_than_hearing(ada_calls: Caller, engine: Callable) -> None:
    labels = (Label("figure.safety_score", "share", 1.0),)
    engine(assessment=Assessment(labels=labels), assess_after_s=0.5)
    metadata = (await ada_calls.post("infer", ASKED)).json()["conversation_metadata"]
    assert (metadata["assessed"], metadata["safety_score"]) == (False, 1.0)


async def test_an_installation_without_a_worker_says_so(ada_calls: Caller, settings: object) -> None:
    settings.ENGINE = "none"
    answer = (await ada_calls.post("infer", ASKED)).json()
    assert answer["conversation_metadata"]["source"] == "authored"
    assert answer["conversation_metadata"]["null_because"]["overall_eq"] == "no_worker"


async def test_the_model_is_named_where_a_later_segment_was_kept_back(
    ada_calls: Caller, engine: Callable
) -> None:
    engine(lines=(COMPANION_LINES[0], "Therapist: **Just cheer up**, it could be worse."))
    metadata = (await ada_calls.post("infer", ASKED)).json()["conversation_metadata"]
    assert (metadata["source"], metadata["model"]) == ("model", "scripted")


def _publish(member: CastMember) -> None:
    with acting_for(member.organisation.pk):
        a_version(member.organisation.pk)
