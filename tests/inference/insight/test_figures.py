"""The figures of an answer, by values worked out by hand, and their cards."""

import re

import pytest

from inference.contracts import Finding
from inference.insight.eq import Emotional
from inference.insight.figures import (
    CARDS,
    NO_EFFECT,
    NO_HEADS,
    Figure,
    bias_score,
    confidence,
    safety_score,
    technique_consistency,
    therapeutic_effectiveness_score,
)
from inference.safety.detectors.given import Reading

FIGURES = (
    *Emotional.__slots__,
    "technique_consistency",
    "safety_score",
    "bias_score",
    "confidence",
    "therapeutic_effectiveness_score",
)
SECTIONS = ("Definition", "Range", "Parts and their validation", "What it is not")


def reply(**chances: float) -> dict[str, Reading]:
    return {"technique": Reading(chances, "m1")}


def test_the_same_technique_throughout_is_wholly_consistent() -> None:
    assert technique_consistency([reply(mi=1.0)] * 3) == Figure("technique_consistency", 1.0)


def test_another_technique_in_each_reply_is_not_consistent() -> None:
    assert technique_consistency([reply(mi=1.0), reply(cbt=1.0), reply(dbt=1.0)]).value == 0.0


def test_consistency_is_the_mean_over_pairs() -> None:
    # Pairs: mi-mi 1, mi-cbt 0 twice, one of four: (1 + 0 + 0) / 3.
    assert technique_consistency([reply(mi=1.0), reply(mi=1.0), reply(cbt=1.0)]).value == 0.3333


def test_replies_without_a_technique_weigh_nothing() -> None:
    told = [reply(mi=1.0)] * 3 + [reply(none=1.0)] * 5 + [{}]
    assert technique_consistency(told).value == 1.0


def test_too_few_replies_have_no_consistency() -> None:
    found = technique_consistency([reply(mi=1.0), reply(mi=0.9, none=0.1)])
    assert found.value is None and "fewer than 3" in found.reason
    assert technique_consistency([{}]) == Figure("technique_consistency", None, NO_HEADS)


@pytest.mark.parametrize(
    ("kinds", "value"),
    [
        ({}, 1.0),
        ({"hate": 0.7, "bias.age": 0.3}, 0.3),
        ({"suicidal": 0.95}, 1.0),
        ({"pii.name": 0.9}, 1.0),
        ({"gate.medical_advice": 1.0}, 0.0),
        ({"gate.profanity": 0.9, "gate.empty_or_long": 1.0}, 1.0),
    ],
)
def test_safety_falls_with_the_gravest_unsafe_finding(kinds: dict[str, float], value: float) -> None:
    findings = [Finding(kind, score, "") for kind, score in kinds.items()]
    assert safety_score(findings) == Figure("safety_score", value)


def test_bias_is_the_higher_of_head_and_phrases() -> None:
    read = {"bias": Reading({"yes": 0.2, "no": 0.8}, "m1")}
    found = [Finding("bias.age", 0.65, ""), Finding("hate", 0.9, "")]
    assert bias_score(read, []).value == 0.2
    assert bias_score(read, found).value == 0.65
    assert bias_score({}, found).value == 0.65
    assert bias_score({}, []) == Figure("bias_score", None, NO_HEADS)


@pytest.mark.parametrize(
    ("alarm", "bias", "value"), [(0.02, 0.1, 0.9), (0.97, 0.05, 0.95), (0.5, 0.0, 0.5), (0.0, 0.4, 0.6)]
)
def test_confidence_is_that_of_the_least_sure_reading(alarm: float, bias: float, value: float) -> None:
    read = {
        "crisis.kind": Reading({"none": 1 - alarm, "suicidal": alarm}, "m1"),
        "crisis.severity": Reading({"none": 1 - alarm, "moderate": alarm}, "m1"),
        "bias": Reading({"yes": bias, "no": 1 - bias}, "m1"),
    }
    assert confidence(read).value == pytest.approx(value)


def test_confidence_without_heads_is_unknown() -> None:
    assert confidence({}) == Figure("confidence", None, NO_HEADS)


def test_effectiveness_is_null_for_good_with_its_reason() -> None:
    assert therapeutic_effectiveness_score() == Figure("therapeutic_effectiveness_score", None, NO_EFFECT)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_card_with_all_its_sections(name: str) -> None:
    card = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", card, re.MULTILINE) == list(SECTIONS)
    assert all(len(part.strip()) > 20 for part in re.split(r"^## .+$", card, flags=re.MULTILINE)[1:])


def test_there_is_no_card_of_something_else() -> None:
    assert {path.stem for path in CARDS.glob("*.md")} == set(FIGURES)
