"""Which way a client's words lean: towards a change, away from it, or neither; with abstention where it is unsure.

Knows one head's reading and a threshold. Human raters agree on this to a kappa of .47, so that an unsure reading is
ordinary and is said as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.safety.detectors.given import Reading
from inference.safety.detectors.thresholds import thresholds

HEAD = "talk"
TALKS = ("change", "neutral", "sustain")


@dataclass(frozen=True, slots=True)
class Talk:
    """`label` the likeliest of TALKS, `confidence` its probability; `abstained` where that is under the threshold.
    `leaning` -1 to 1: P(change) - P(sustain)."""

    label: str
    confidence: float
    leaning: float
    abstained: bool


def talk_of(readings: Mapping[str, Reading]) -> Talk | None:
    """None where the head was not read."""
    if HEAD not in readings:
        return None
    reading = readings[HEAD]
    confidence = reading.scores[reading.top]
    leaning = reading.scores.get("change", 0.0) - reading.scores.get("sustain", 0.0)
    return Talk(reading.top, confidence, round(leaning, 6), confidence < thresholds(HEAD)["sure"])
