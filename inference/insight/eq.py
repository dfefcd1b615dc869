"""Five domains of emotional intelligence that a helper's reply expresses, and an overall: composites of our own.

Each is an unweighted mean of parts that heads measure, 0-1; the weights are own judgement, fitted to nothing. A domain
with a part that was not read is None, never a guess. Parts were measured against labels, the composites against
nobody's judgement of emotional intelligence: `cards/` says so for each. Knows one reply after what it answers, not a
person: it is no test of anybody's abilities.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.insight.emotion import harshness_of
from inference.insight.empathy import MECHANISMS, empathy_of
from inference.safety.detectors.given import Reading

REFLECTS_FEELING = "Reflection of feelings"
"""The strategy (emotional support conversations) of naming what somebody feels."""
PARTNER, OPPONENT = ("AF", "Seek", "Emphasize"), ("Confront", "Persuade")
"""Behaviour codes that share power and that take it (after MITI 4.2.1)."""


@dataclass(frozen=True, slots=True)
class Emotional:
    """The five domains and their mean, each 0-1 or None where a part of it was not read."""

    emotional_awareness: float | None
    empathy_recognition: float | None
    emotional_regulation: float | None
    social_cognition: float | None
    interpersonal_skills: float | None
    overall_eq: float | None


def emotional_of(readings: Mapping[str, Reading]) -> Emotional:
    """Every domain of one reply, from the readings of its heads."""
    domains = (
        emotional_awareness(readings),
        empathy_recognition(readings),
        emotional_regulation(readings),
        social_cognition(readings),
        interpersonal_skills(readings),
    )
    return Emotional(*domains, overall_eq=_mean(domains))


def emotional_awareness(readings: Mapping[str, Reading]) -> float | None:
    """Does the reply take up what is felt? Mean of P(the main strategy is reflecting feelings) and the expected level
    of interpretations / 2."""
    return _mean((_chance(readings, "strategy", REFLECTS_FEELING), _share(readings, "interpretations")))


def empathy_recognition(readings: Mapping[str, Reading]) -> float | None:
    """Is empathy expressed at all? Mean over the three mechanisms of expected level / 2."""
    return _mean([_share(readings, name) for name in MECHANISMS])


def emotional_regulation(readings: Mapping[str, Reading]) -> float | None:
    """Does the reply stay even? 1 - the highest of P(a harsh emotion), P(Confront), P(offensive or hateful)."""
    foul = _chance(readings, "toxicity", "none")
    parts = (
        harshness_of(readings),
        _chance(readings, "codes", "Confront"),
        None if foul is None else 1 - foul,
    )
    known = [part for part in parts if part is not None]
    return _within(1 - max(known)) if len(known) == len(parts) else None


def social_cognition(readings: Mapping[str, Reading]) -> float | None:
    """Does the reply see it as the other does? Mean of the expected level of interpretations / 2 and the higher of
    P(complex reflection) and P(simple reflection) / 2."""
    complex_, simple = _chance(readings, "codes", "CR"), _chance(readings, "codes", "SR")
    reflects = None if complex_ is None or simple is None else max(complex_, simple / 2)
    return _mean((_share(readings, "interpretations"), reflects))


def interpersonal_skills(readings: Mapping[str, Reading]) -> float | None:
    """Does the reply make partners? Mean of (1 + max P(AF, Seek, Emphasize) - max P(Confront, Persuade)) / 2 and the
    expected level of explorations / 2."""
    shares = [_chance(readings, "codes", code) for code in PARTNER]
    takes = [_chance(readings, "codes", code) for code in OPPONENT]
    if None in shares or None in takes:
        return None
    partnership = (1 + max(s for s in shares if s is not None) - max(t for t in takes if t is not None)) / 2
    return _mean((partnership, _share(readings, "explorations")))


def _chance(readings: Mapping[str, Reading], head: str, label: str) -> float | None:
    return readings[head].scores.get(label) if head in readings else None


def _share(readings: Mapping[str, Reading], mechanism: str) -> float | None:
    found = empathy_of(readings).get(mechanism)
    return found.share if found else None


def _mean(parts: tuple[float | None, ...] | list[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return _within(sum(known) / len(known)) if known and len(known) == len(parts) else None


def _within(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
