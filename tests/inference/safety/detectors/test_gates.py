"""The seven gates, by a table that was written before their lexicons."""

import time
import tomllib
from pathlib import Path

import pytest

from inference.contracts import Message, Role, Speaker
from inference.safety.detectors.gate_phrases import met
from inference.safety.detectors.gates import (
    GATES,
    SEVERITIES,
    SEVERITY_SCORES,
    detect,
    gate_advice,
    severity_of,
)
from inference.safety.detectors.given import Given, Reading

TABLE = tomllib.loads((Path(__file__).parent / "gates_cases.toml").read_text(encoding="utf-8"))
POSITIVES = [
    (group["gate"], group["speaker"], group["least"], group.get("to", ""), text)
    for group in TABLE["positive"]
    for text in group["texts"]
]
NEGATIVES = [
    (group["gate"], group["speaker"], group.get("to", ""), text)
    for group in TABLE["negative"]
    for text in group["texts"]
]


def _given(text: str, speaker: str, to: str = "", readings: dict[str, Reading] | None = None) -> Given:
    role = Role.USER if speaker in (Speaker.COMPANION, Speaker.CLIENT) else Role.ASSISTANT
    history = (Message(role, to),) if to else ()
    return Given(text, speaker, history=history, readings=readings or {})


def _scores(given: Given) -> dict[str, float]:
    return {finding.kind: finding.score for finding in detect(given).findings}


@pytest.mark.parametrize(("gate", "speaker", "least", "to", "text"), POSITIVES)
def test_each_gate_holds_back_its_positives(gate: str, speaker: str, least: str, to: str, text: str) -> None:
    assert _scores(_given(text, speaker, to)).get(f"gate.{gate}", 0.0) >= SEVERITY_SCORES[least]


@pytest.mark.parametrize(("gate", "speaker", "to", "text"), NEGATIVES)
def test_each_gate_lets_its_negatives_through(gate: str, speaker: str, to: str, text: str) -> None:
    assert f"gate.{gate}" not in _scores(_given(text, speaker, to))


def test_swearing_of_a_person_is_a_fact_of_low_severity() -> None:
    assert _scores(_given("I'm so fucking tired", Speaker.SEEKER)) == {"gate.profanity": 0.25}


def test_a_dismissal_counts_only_after_a_disclosure() -> None:
    text = "You're being dramatic."

    assert "gate.crisis_escalation" not in _scores(_given(text, Speaker.COMPANION, "My cake burnt."))
    assert "gate.crisis_escalation" in _scores(_given(text, Speaker.COMPANION, "I want to die tonight."))


@pytest.mark.parametrize(("words", "score"), [(60, None), (121, 0.25), (201, 0.5), (351, 0.75)])
def test_a_long_reply_is_the_graver_the_longer_it_is(words: int, score: float | None) -> None:
    text = " ".join(["home"] * words)

    assert _scores(_given(text, Speaker.COMPANION)).get("gate.empty_or_long") == score


def test_a_reading_of_hate_is_added_to_the_words() -> None:
    sure = {"hate": Reading({"yes": 0.99, "no": 0.01}, "1")}
    unsure = {"hate": Reading({"yes": 0.01, "no": 0.99}, "1")}

    assert _scores(_given("those people again", Speaker.SEEKER, readings=sure)) == {"gate.hate": 0.5}
    assert _scores(_given("those people again", Speaker.SEEKER, readings=unsure)) == {}


def test_every_gate_has_advice_for_every_severity() -> None:
    texts = {gate_advice(gate, severity).text for gate in GATES for severity in SEVERITIES}

    assert all(texts)
    assert gate_advice("hate", "high").id == "hate.high"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_score_names_its_severity(severity: str) -> None:
    assert severity_of(SEVERITY_SCORES[severity]) == severity


def test_detect_labels_coherence_and_advice() -> None:
    labels = detect(_given("I love you.", Speaker.COMPANION, "I feel alone")).labels

    assert [(label.name, label.label) for label in labels] == [
        ("coherence", "close"),
        ("gate.advice", "boundary_violation.high"),
    ]


def test_a_finding_points_at_the_words() -> None:
    text = "Well. I love you."
    (finding,) = detect(_given(text, Speaker.COMPANION)).findings

    assert text[finding.start : finding.end] == "I love you"


@pytest.mark.parametrize(
    "piece", ["you should stop taking ", "fuck ", "a", "they said ", "\u0301", "you ", "! "]
)
def test_gates_take_time_linear_in_the_text(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    start = time.perf_counter()
    met(text, Speaker.COMPANION)

    assert time.perf_counter() - start < 8.0
