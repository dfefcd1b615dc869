from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import strict_json as strict
from inference.contracts import (
    Adapted,
    Assessment,
    AssessRequest,
    BehaviourCode,
    ErrorEvent,
    Finding,
    FinishedEvent,
    Label,
    Message,
    ModelName,
    ReplyRequest,
    SegmentEvent,
    Timings,
    Usage,
    WordingLimits,
    event_from_json,
)
from inference.errors import ContractError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=15,
)
WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
).filter(lambda text: text.strip() != "")
FINDINGS = st.builds(
    Finding,
    kind=WORDS,
    score=st.floats(0, 1),
    why=WORDS,
    start=st.none() | st.integers(0, 100),
    end=st.none() | st.integers(0, 100),
)
REQUESTS = st.builds(
    ReplyRequest,
    request_id=WORDS,
    persona=WORDS,
    messages=st.lists(
        st.builds(Message, st.sampled_from(["system", "user", "assistant"]), WORDS), min_size=1, max_size=4
    ).map(tuple),
    limits=st.builds(WordingLimits, speaker=WORDS, max_words=st.integers(1, 600), earlier=st.tuples(WORDS)),
    seed=st.integers(0, 2**63 - 1),
    candidates=st.integers(1, 8),
    deadline_s=st.floats(0.05, 600),
    adapted=st.none()
    | st.builds(
        Adapted,
        adapter=WORDS,
        form=st.integers(1, 99),
        messages=st.tuples(st.builds(Message, st.just("user"), WORDS)),
        strays_from=st.floats(0.05, 1),
    ),
)
MODELS = st.builds(ModelName, WORDS, WORDS, st.just(""), WORDS)
USAGE = st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9), st.integers(0, 10**7))
EVENTS = st.one_of(
    st.builds(
        SegmentEvent,
        n=st.integers(0, 99),
        text=WORDS,
        findings=st.lists(FINDINGS, max_size=3).map(tuple),
        model=st.none() | MODELS,
        usage=USAGE,
    ),
    st.builds(
        FinishedEvent,
        reason=st.sampled_from(["done", "length", "deadline", "cancelled"]),
        model=MODELS,
        usage=USAGE,
        timings=st.builds(Timings, st.integers(0, 9), st.none() | st.integers(0, 9), st.integers(0, 9)),
    ),
    st.builds(ErrorEvent, WORDS, st.booleans()),
)


def over_the_wire(value: object) -> strict.Json:
    return strict.loads(strict.dumps(value), max_bytes=1 << 20, what="x")


@given(REQUESTS)
def test_a_request_survives_the_wire(request_: ReplyRequest) -> None:
    assert ReplyRequest.from_json(over_the_wire(request_.to_json())) == request_


@given(EVENTS)
def test_an_event_survives_the_wire(event: SegmentEvent | FinishedEvent | ErrorEvent) -> None:
    assert event_from_json(over_the_wire(event.to_json())) == event


def test_an_assessment_and_its_request_survive_the_wire() -> None:
    asked = AssessRequest("a", (Message("user", "Hello"),), "practice")
    seen = Assessment(
        (Finding("suicidal", 0.5, "says so", 0, 3),),
        True,
        (BehaviourCode("Q", "open", 0.8, 0, 5),),
        False,
        (Label("talk", "change", 0.7),),
        True,
        {"screen": "1"},
    )
    assert AssessRequest.from_json(over_the_wire(asked.to_json())) == asked
    assert Assessment.from_json(over_the_wire(seen.to_json())) == seen


def test_facts_may_be_a_frozen_mapping() -> None:
    limits = WordingLimits("Marcus", facts=MappingProxyType({"age": 34, "people": {"Leah": "daughter"}}))
    asked = ReplyRequest("r", "client", (Message("user", "Hi"),), limits)
    assert over_the_wire(asked.to_json())["limits"]["facts"] == {"age": 34, "people": {"Leah": "daughter"}}


@given(JSON)
def test_any_json_is_a_message_or_a_contract_error(value: strict.Json) -> None:
    for parse in (ReplyRequest.from_json, AssessRequest.from_json, Assessment.from_json, event_from_json):
        with pytest.raises(ContractError):
            parse(value)


def valid() -> dict[str, strict.Json]:
    return over_the_wire(
        ReplyRequest("r", "client", (Message("user", "Hi"),), WordingLimits("Marcus")).to_json()
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"adapted": []}, "adapted"),
        ({"adapted": {"adapter": "client", "messages": [{"role": "user", "text": "Hi"}]}}, "adapted.form"),
        ({"adapted": {"adapter": "client", "form": 1, "messages": []}}, "adapted.messages"),
        ({"remote_engine": "x" * 81}, "remote_engine"),
        ({"candidates": 0}, "candidates"),
        ({"candidates": 9}, "candidates"),
        ({"deadline_s": 0}, "deadline_s"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "text": "x"}] * 401}, "messages"),
        ({"messages": [{"role": "therapist", "text": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "text": "x" * 16_001}]}, "messages[0].text"),
        ({"messages": [{"role": "user", "text": "a\0b"}]}, "messages[0].text"),
        ({"messages": [{"role": "user", "text": " "}]}, "messages[0].text"),
        ({"limits": {"speaker": "M", "max_word": 3}}, "limits"),
        ({"limits": None}, "limits"),
        ({"temperature": 2}, "request"),
    ],
)
def test_a_request_out_of_bounds_is_refused_by_field(change: dict[str, strict.Json], field: str) -> None:
    assert ReplyRequest.from_json(valid()).request_id == "r"
    with pytest.raises(ContractError) as caught:
        ReplyRequest.from_json(valid() | change)
    assert caught.value.field == field
