"""The shipped detectors, rules and heads together, on tables by somebody who had not seen them.

Every floor is what was measured when the weights were made, less a few rows; none is a figure to publish.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference.contracts import Message, Role, Speaker
from inference.data.reading import Dialogue, read_dialogues, split
from inference.encoder.reader import Heads, load_heads
from inference.errors import ModelError
from inference.evaluation.layers import Layer
from inference.evaluation.suites import crisis as crisis_suite
from inference.evaluation.suites import therapist_behaviour
from inference.insight.empathy import empathy_of
from inference.insight.talk import talk_of
from inference.models.catalogue import EMBEDDINGS
from inference.models.fetch import fetch
from inference.safety.detectors.bias import bias_of
from inference.safety.detectors.crisis import crisis_of
from inference.safety.detectors.given import Given
from inference.safety.pii.find import find_pii
from inference.training.talks import is_ordinary

BLIND = Path(__file__).parent / "blind"
ROOT = Path(__file__).resolve().parents[4]
OWN = {"seeker", "therapist"}


@pytest.fixture(scope="module")
def heads() -> Heads:
    """The shipped heads on the fetched encoder; left out where that cannot be had, but a failure under CI."""
    try:
        fetch(EMBEDDINGS, ROOT / "var")
    except ModelError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    loaded = load_heads(ROOT / "var")
    assert loaded is not None
    return loaded


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (BLIND / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def read(heads: Heads, given: Sequence[Given]) -> list[Given]:
    return [each for at in range(0, len(given), 32) for each in heads.read(given[at : at + 32])]


def before(row: dict[str, Any]) -> tuple[Message, ...]:
    said = row.get("said") or row.get("seeker")
    if said:
        own = row.get("codes") is not None
        return (Message(Role.ASSISTANT if own or "talk" in row else Role.USER, said),)
    return tuple(
        Message(Role.USER if turn["speaker"] in OWN else Role.ASSISTANT, turn["text"])
        for turn in row.get("history", [])
    )


def test_crisis_is_seen_by_either_layer_and_mostly_not_imagined(heads: Heads) -> None:
    rows = rows_of("crisis")
    seen = read(heads, [Given(row["text"], Speaker.SEEKER, before(row)) for row in rows])
    alarms = [crisis_suite.prediction(each, Layer.UNION)["crisis"] for each in seen]

    caught = sum(alarm and row["crisis"] for alarm, row in zip(alarms, rows, strict=True))
    false = sum(alarm and not row["crisis"] for alarm, row in zip(alarms, rows, strict=True))
    assert caught >= CAUGHT
    assert false <= FALSE


def test_ordinary_talk_raises_few_alarms_and_helpers_lines_next_to_none(heads: Heads) -> None:
    """On dialogues that no head learned from, each line after the six before it."""
    _, aside = split(read_dialogues().dialogues)
    lines = [given for dialogue in aside if is_ordinary(dialogue) for given in in_turn(dialogue)][::3]
    helping = (Speaker.THERAPIST, Speaker.COMPANION)
    alarms = [(each.speaker in helping, crisis_of(each).alarmed) for each in read(heads, lines)]

    assert len(alarms) > 250
    assert sum(alarm for helper, alarm in alarms if helper) <= HELPERS_ALARM * len(alarms)
    assert sum(alarm for helper, alarm in alarms if not helper) <= OTHERS_ALARM * len(alarms)


def in_turn(dialogue: Dialogue) -> list[Given]:
    roles = dict.fromkeys(OWN, Role.USER) | {"client": Role.ASSISTANT, "companion": Role.ASSISTANT}
    said = [Message(roles[turn.speaker], turn.text) for turn in dialogue.turns]
    return [
        Given(turn.text, Speaker(turn.speaker), tuple(said[max(0, at - 6) : at]))
        for at, turn in enumerate(dialogue.turns)
    ]


def test_bias_is_told_from_neutral_mention(heads: Heads) -> None:
    rows = rows_of("bias")
    seen = read(heads, [Given(row["text"], Speaker.THERAPIST) for row in rows])
    right = sum(bias_of(each).biased == row["biased"] for each, row in zip(seen, rows, strict=True))

    assert right >= BIAS_RIGHT


def test_personal_details_are_found(heads: Heads) -> None:
    rows = rows_of("pii")
    seen = read(heads, [Given(row["text"], Speaker.SEEKER) for row in rows])
    wanted = found = 0
    for each, row in zip(seen, rows, strict=True):
        spans = find_pii(each.text, each.tags)
        for true in row["spans"]:
            wanted += 1
            found += any(
                span.kind == true["type"] and span.start < true["end"] and true["start"] < span.end
                for span in spans
            )

    assert found >= PII_FOUND * wanted


def test_a_therapist_turn_is_counted_as_what_it_mainly_does(heads: Heads) -> None:
    rows = [row for row in rows_of("behaviour") if set(row["codes"]) <= set(therapist_behaviour.BY_CODE)]
    seen = read(heads, [Given(row["text"], Speaker.THERAPIST, before(row)) for row in rows])
    right = 0
    for each, row in zip(seen, rows, strict=True):
        main = next((code for code in therapist_behaviour.BY_CODE if code in row["codes"]), None)
        wanted = therapist_behaviour.FORMS[therapist_behaviour.BY_CODE[main]][0] if main else "other"
        right += therapist_behaviour.prediction(each, Layer.UNION)["label"] == wanted

    assert right >= BEHAVIOUR_RIGHT * len(rows)


def test_client_talk_leans_as_a_reader_has_it(heads: Heads) -> None:
    rows = rows_of("talk")
    asked = [(Message(Role.USER, row["said"]),) for row in rows]
    seen = read(
        heads, [Given(row["text"], Speaker.CLIENT, said) for row, said in zip(rows, asked, strict=True)]
    )
    said = [talk_of(each.readings) for each in seen]
    right = sum(talk is not None and talk.label == row["talk"] for talk, row in zip(said, rows, strict=True))

    assert right >= TALK_RIGHT * len(rows)


def test_empathy_levels_are_near_a_readers(heads: Heads) -> None:
    rows = rows_of("empathy")
    seen = read(heads, [Given(row["response"], Speaker.COMPANION, before(row)) for row in rows])
    near = sum(
        abs(mechanism.level - row[name]) <= 1
        for each, row in zip(seen, rows, strict=True)
        for name, mechanism in empathy_of(each.readings).items()
    )

    assert near >= NEAR * 3 * len(rows)


def test_a_grave_sentence_is_marked_as_what_the_reading_rests_on(heads: Heads) -> None:
    text = (
        "We had soup. I have written the letters and I am going to end it tonight. The cat is at my sister's."
    )
    (seen,) = heads.read([Given(text, Speaker.SEEKER)])
    marked = [text[tag.start : tag.end] for tag in seen.tags if tag.label == "crisis.severity"]

    assert marked == ["I have written the letters and I am going to end it tonight."]


def test_reading_alone_and_in_company_comes_to_the_same(heads: Heads) -> None:
    texts = [
        "I can't see a way out.",
        "Thanks, that helped a lot.",
        "My sister says I should call you. " * 12,
    ]
    together = heads.read([Given(text, Speaker.SEEKER) for text in texts])

    for text, each in zip(texts, together, strict=True):
        (alone,) = heads.read([replace(each, text=text, readings={}, tags=())])
        for name, reading in each.readings.items():
            for label, score in reading.scores.items():
                assert alone.readings[name].scores[label] == pytest.approx(score, abs=0.06)


CAUGHT, FALSE = 52, 11
BIAS_RIGHT = 44
PII_FOUND = 0.9
BEHAVIOUR_RIGHT = 0.8
TALK_RIGHT = 0.5
NEAR = 0.95
HELPERS_ALARM, OTHERS_ALARM = 0.005, 0.06
