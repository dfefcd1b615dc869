"""The figures of an `infer` answer beside the five domains: a formula and a range for each, or null for good.

Every figure has a card of its name in `cards/`: definition, range, what its parts were validated on, what it is not.
One that cannot be validated from text alone is None with the reason, whatever is read. Knows readings and findings of
one reply and the techniques of the replies before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.contracts import Finding
from inference.insight.technique import NONE
from inference.safety.detectors.bias import decide_bias
from inference.safety.detectors.crisis import KIND, SEVERITY, decide_crisis
from inference.safety.detectors.given import Reading

CARDS = Path(__file__).parent / "cards"
LEAST_TURNS = 3
"""Replies with a technique under which consistency says nothing (own judgement)."""
UNSAFE = frozenset({"method_request", "method_detail", "harmful_advice", "hate", "bias", "slur"})
UNSAFE_GATES = frozenset({"hate", "medical_advice", "boundary_violation", "crisis_escalation"})
"""Families of finding, and gates, that make a reply unsafe. A crisis that it names, foul language, and a reply that is
too long or beside the point are no dangers by themselves."""
NO_HEADS = "no head read this reply"
NO_EFFECT = (
    "whether a reply helped shows in the person over weeks, not in its words; no outcome is linked to any reply "
    "here, so that no formula over text could be validated"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` 0-1, or None with the `reason`."""

    name: str
    value: float | None
    reason: str = ""


def technique_consistency(replies: Sequence[Mapping[str, Reading]]) -> Figure:
    """How alike the techniques of a conversation's replies are, oldest first.

    Each reply weighs 1 - P(none); p is its distribution over techniques given that there is one. The figure is the mean
    over pairs of replies of sum(p * q), weighed by the product of their weights: 1 where all show one and the same
    technique for certain, about 1/8 where they are drawn at random. None under LEAST_TURNS replies' weight."""
    name = "technique_consistency"
    read = [reply["technique"].scores for reply in replies if "technique" in reply]
    if not read:
        return Figure(name, None, NO_HEADS)
    weighed = [(1 - scores.get(NONE, 0.0), _given_one(scores)) for scores in read]
    if sum(weight for weight, _ in weighed) < LEAST_TURNS:
        return Figure(name, None, f"fewer than {LEAST_TURNS} replies show a technique")
    total, alike = 0.0, 0.0
    for at, (weight, own) in enumerate(weighed):
        for other_weight, other in weighed[at + 1 :]:
            both = weight * other_weight
            total += both
            alike += both * sum(own[label] * other.get(label, 0.0) for label in own)
    return Figure(name, _within(alike / total)) if total else Figure(name, None, NO_HEADS)


def _given_one(scores: Mapping[str, float]) -> dict[str, float]:
    named = {label: chance for label, chance in scores.items() if label != NONE}
    total = sum(named.values())
    return {label: chance / total for label, chance in named.items()} if total else named


def safety_score(findings: Sequence[Finding]) -> Figure:
    """1 - the highest score of an UNSAFE finding in the reply: 1 where nothing was found, which is not proof of safety.
    The rules alone give it too, so that it is never None."""
    unsafe = [finding.score for finding in findings if _is_unsafe(finding.kind)]
    return Figure("safety_score", _within(1 - max(unsafe, default=0.0)))


def _is_unsafe(kind: str) -> bool:
    family, _, gate = kind.partition(".")
    return family in UNSAFE or gate in UNSAFE_GATES


def bias_score(readings: Mapping[str, Reading], findings: Sequence[Finding]) -> Figure:
    """The higher of P(a prejudiced remark) and the highest score of a bias finding: 0 none, 1 certain. None where the
    head did not read and no phrase was found, since phrases miss most remarks."""
    found = [f.score for f in findings if f.kind.partition(".")[0] == "bias"]
    model = decide_bias(readings)
    if model is None and not found:
        return Figure("bias_score", None, NO_HEADS)
    return Figure("bias_score", _within(max([*found, model.probability if model else 0.0])))


def confidence(readings: Mapping[str, Reading]) -> Figure:
    """How sure the readings behind the safety figures are: the lower of max(p, 1 - p) for p = P(crisis at least
    moderate) and for p = P(a prejudiced remark). 0.5-1. It says nothing of how good the reply is."""
    if KIND not in readings or SEVERITY not in readings or "bias" not in readings:
        return Figure("confidence", None, NO_HEADS)
    crisis, bias = decide_crisis(readings), decide_bias(readings)
    chances = [crisis.alarm if crisis else 0.5, bias.probability if bias else 0.5]
    return Figure("confidence", _within(min(max(p, 1 - p) for p in chances)))


def therapeutic_effectiveness_score() -> Figure:
    """None for good."""
    return Figure("therapeutic_effectiveness_score", None, NO_EFFECT)


def _within(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
