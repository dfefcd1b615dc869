"""The figures of an answer, out of what the worker's detectors say of the message and of the reply. One place maps.

Nothing is computed here but what policy counts: each number has its formula and card where it is made
(`inference/insight/`). What was not read is None. Knows no request and no schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.safety.policy_table import policy_table
from apps.safety.turns import Heard
from inference.contracts import Assessment, Label
from inference.safety.screen import severity_of

CRISIS = "crisis"
DOMAINS = (
    "emotional_awareness",
    "empathy_recognition",
    "emotional_regulation",
    "social_cognition",
    "interpersonal_skills",
    "overall_eq",
)
FIGURES = (
    "technique_consistency",
    "bias_score",
    "safety_score",
    "therapeutic_effectiveness_score",
    "confidence",
)
EQ, FIGURE, TECHNIQUE = "eq.", "figure.", "technique"
"""How the worker names them among the labels of an assessment: the value stands in the label's `confidence`."""


@dataclass(frozen=True)
class Signal:
    """A danger heard in the person's words: what, how grave, and which layer heard it."""

    kind: str
    severity: str
    score: float
    layer: str


def eq_scores(reply: Assessment | None) -> dict[str, float | None]:
    """The five domains and their mean, each 0-1 or None where a part of it was not read."""
    return {name: _value(reply, EQ + name) for name in DOMAINS}


def figures(reply: Assessment | None) -> dict[str, float | None]:
    """The other figures of a reply, each 0-1 or None."""
    return {name: _value(reply, FIGURE + name) for name in FIGURES}


def techniques(reply: Assessment | None) -> list[dict[str, object]]:
    """The technique that the reply shows, where a head was sure enough of one."""
    labels = [label for label in _labels(reply) if label.name == TECHNIQUE]
    return [{"name": label.label, "confidence": round(label.confidence, 4)} for label in labels]


def crisis_signals(heard: Heard) -> list[Signal]:
    """What either layer heard, gravest first, one for a kind and layer."""
    found: dict[tuple[str, str], Signal] = {}
    for layer, findings in heard.facts["findings"].items():
        for finding in findings:
            kind, score = finding["kind"].partition(".")[0], finding["score"]
            if policy_table().group(finding["kind"]) != CRISIS or score <= 0:
                continue
            if (kind, layer) not in found or found[kind, layer].score < score:
                found[kind, layer] = Signal(kind, severity_of(score), score, layer)
    return sorted(found.values(), key=lambda signal: (-signal.score, signal.kind, signal.layer))


def _labels(assessment: Assessment | None) -> Sequence[Label]:
    return assessment.labels if assessment is not None else ()


def _value(assessment: Assessment | None, name: str) -> float | None:
    return next((round(label.confidence, 4) for label in _labels(assessment) if label.name == name), None)
