"""The figures of an answer, out of what the worker's detectors say of the message and of the reply. One place maps.

Nothing is computed here but what policy counts: each number has its formula and card where it is made
(`inference/insight/`). What was not read is None, with the reason. Knows no request and no schema.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.safety.asking import Assessed
from apps.safety.policy_table import policy_table
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
NOT_WANTED = Assessed(None, "not_wanted")
FIXED_WORDS = Assessed(None, "fixed_words")
NO_WORKER = Assessed(None, "no_worker")
FOR_GOOD: Mapping[str, str] = {"therapeutic_effectiveness_score": "no_outcomes"}
"""Figures that are null whatever is read; the reason stands in the figure's card."""
OF_HELPERS = frozenset({*DOMAINS, "technique_consistency"})
BECAUSE: Mapping[str, str] = {
    "no_outcomes": "null for good: no outcome is linked to any reply, so that no formula could be validated",
    "too_few_replies": "fewer than three replies of the conversation show a technique",
    "not_a_helper": "a simulated client spoke, whose empathy and techniques mean nothing",
    "fixed_words": "the reply is the protocol's, which people reviewed and no model worded",
    "not_wanted": "the request did not ask for it",
    "not_read": "a detector that it is made of did not answer",
    "no_worker": "this installation runs without a worker",
    "engine_...": "the worker did not assess the reply, by its code",
}
"""Why a figure may be null."""


@dataclass(frozen=True)
class Signal:
    """A danger heard in the person's words: what, how grave, and which layer heard it."""

    kind: str
    severity: str
    score: float
    layer: str


@dataclass(frozen=True)
class Measured:
    """All that is measured of a reply. `eq` is None where it was not asked for; `nulls`: why each figure that is None
    is, by its name, as codes of BECAUSE."""

    eq: Mapping[str, float | None] | None
    figures: Mapping[str, float | None]
    techniques: Sequence[Mapping[str, object]]
    nulls: Mapping[str, str]


def measured(read: Assessed, *, eq: bool, metrics: bool, of_helper: bool) -> Measured:
    """What was asked for of a reply's reading. `of_helper`: it is no simulated client's."""
    read_eq, read_figures = read if eq else NOT_WANTED, read if metrics else NOT_WANTED
    values, domains = figures(read_figures.assessment), eq_scores(read_eq.assessment)
    nulls = _null_because(values, read_figures, of_helper=of_helper)
    nulls |= _null_because(domains, read_eq, of_helper=of_helper) if eq else {"eq_scores": NOT_WANTED.why}
    return Measured(domains if eq else None, values, techniques(read_figures.assessment), nulls)


def eq_scores(reply: Assessment | None) -> dict[str, float | None]:
    """The five domains and their mean, each 0-1 or None where a part of it was not read."""
    return {name: _value(reply, EQ + name) for name in DOMAINS}


def figures(reply: Assessment | None) -> dict[str, float | None]:
    """The other figures of a reply, each 0-1 or None."""
    return {name: _value(reply, FIGURE + name) for name in FIGURES}


def _null_because(values: Mapping[str, float | None], read: Assessed, *, of_helper: bool) -> dict[str, str]:
    return {
        name: _because(name, read, of_helper=of_helper) for name, value in values.items() if value is None
    }


def _because(name: str, read: Assessed, *, of_helper: bool) -> str:
    if name in FOR_GOOD:
        return FOR_GOOD[name]
    if read.assessment is None:
        return read.why
    if name in OF_HELPERS and not of_helper:
        return "not_a_helper"
    if name == "technique_consistency" and "head.technique" in read.assessment.versions:
        return "too_few_replies"
    return "not_read"


def techniques(reply: Assessment | None) -> list[dict[str, object]]:
    """The technique that the reply shows, where a head was sure enough of one."""
    labels = [label for label in _labels(reply) if label.name == TECHNIQUE]
    return [{"name": label.label, "confidence": round(label.confidence, 4)} for label in labels]


def crisis_signals(facts: Mapping[str, object]) -> list[Signal]:
    """What either layer heard, gravest first, one for a kind and layer; from what is kept of a message that was
    heard."""
    found: dict[tuple[str, str], Signal] = {}
    for layer, findings in facts.get("findings", {}).items():
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
