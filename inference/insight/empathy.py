"""The three mechanisms of empathy that a reply expresses (after EPITOME): warmth, understanding, interest.

Each is a level, 0 none, 1 weak, 2 strong; the expected level is what composites use, since it does not jump where a
head is torn between two. Knows one reply after what it answers. It measures what is expressed, not what is felt or
received.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.insight.warmth import warmth
from inference.safety.detectors.given import Reading
from inference.safety.detectors.thresholds import thresholds

MECHANISMS = ("emotional_reactions", "interpretations", "explorations")
WARMTH = MECHANISMS[0]
STRONGEST = 2


@dataclass(frozen=True, slots=True)
class Mechanism:
    """`level` the likeliest of 0-2 with its probability; `expected` the mean level 0.0-2.0 under the probabilities."""

    level: int
    confidence: float
    expected: float
    abstained: bool

    @property
    def share(self) -> float:
        """The expected level as a share of the strongest, 0-1."""
        return self.expected / STRONGEST


def empathy_of(readings: Mapping[str, Reading], *, text: str = "") -> dict[str, Mechanism]:
    """By mechanism; those whose head was not read are left out. `text`, the reply: its phrases weigh on warmth."""
    read = {name: readings[f"empathy.{name}"] for name in MECHANISMS if f"empathy.{name}" in readings}
    if text and WARMTH in read:
        read[WARMTH] = _with_phrases(read[WARMTH], warmth(text))
    return {name: _mechanism(reading) for name, reading in read.items()}


def _with_phrases(reading: Reading, level: int) -> Reading:
    """The level that phrases show weighs beside the head's probabilities."""
    weight = thresholds("empathy")["ruled"]
    scores = {
        label: (score + weight * (label == str(level))) / (1 + weight)
        for label, score in reading.scores.items()
    }
    return Reading(scores, reading.version)


def _mechanism(reading: Reading) -> Mechanism:
    confidence = reading.scores[reading.top]
    expected = sum(int(level) * chance for level, chance in reading.scores.items())
    return Mechanism(
        int(reading.top),
        confidence,
        min(float(STRONGEST), round(expected, 6)),
        confidence < thresholds("empathy")["sure"],
    )
