"""What a writer expresses, of 28 emotions (GoEmotions), and how strained that is. Learned from comments on the web.

Knows one message. Expressing is not having: a flat message may come from somebody in despair.
"""

from collections.abc import Mapping

from inference.safety.detectors.given import Reading
from inference.safety.detectors.thresholds import thresholds

HEAD = "emotion"
NEUTRAL = "neutral"
HARSH = ("anger", "annoyance", "disgust", "disapproval")
"""Emotions that a helper's reply had better not turn on the person (own grouping)."""
MOST = 5
"""Emotions named of one message."""


def emotions_of(readings: Mapping[str, Reading]) -> list[tuple[str, float]]:
    """Those over the threshold, the likeliest first; where none is, neutral if it is the likeliest, else nothing."""
    if HEAD not in readings:
        return []
    reading = readings[HEAD]
    ranked = sorted(reading.scores.items(), key=lambda each: (-each[1], each[0]))
    named = [each for each in ranked if each[1] >= thresholds(HEAD)["emotion"]][:MOST]
    if not named and reading.top == NEUTRAL:
        return [(NEUTRAL, reading.scores[NEUTRAL])]
    return named


def harshness_of(readings: Mapping[str, Reading]) -> float | None:
    """The highest probability of a HARSH emotion, 0-1; None where the head was not read."""
    if HEAD not in readings:
        return None
    return max(readings[HEAD].scores.get(name, 0.0) for name in HARSH)
