"""Which school's technique a helper's words show, and by which strategy they help. One of each at most, or none.

Knows two heads' readings of one reply. A technique is a way of speaking, not a treatment: naming one says nothing of
whether it fitted or helped.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.safety.detectors.given import Reading
from inference.safety.detectors.thresholds import thresholds

NONE = "none"


@dataclass(frozen=True, slots=True)
class Technique:
    name: str
    probability: float


def technique_of(readings: Mapping[str, Reading]) -> Technique | None:
    """The likeliest technique; None where the head was not read, says none, or is under the threshold."""
    return _likeliest(readings.get("technique"), thresholds("technique")["technique"], NONE)


def strategy_of(readings: Mapping[str, Reading]) -> Technique | None:
    """The main way of helping (the eight strategies of emotional support conversations), as above; "Other" is named."""
    return _likeliest(readings.get("strategy"), thresholds("technique")["strategy"], "")


def _likeliest(reading: Reading | None, least: float, nothing: str) -> Technique | None:
    if reading is None or reading.top == nothing or reading.scores[reading.top] < least:
        return None
    return Technique(reading.top, reading.scores[reading.top])
