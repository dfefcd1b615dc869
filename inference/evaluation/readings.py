"""What the heads read in a message, for suites that ask one head one question."""

from inference.safety.detectors.given import Given


def chance(given: Given, head: str, label: str) -> float:
    """The probability of `label`; 0 where the head did not read."""
    reading = given.readings.get(head)
    return reading.scores.get(label, 0.0) if reading else 0.0


def top(given: Given, head: str, *, otherwise: str) -> tuple[str, float]:
    """The likeliest label and its probability; `otherwise` at 0 where the head did not read."""
    reading = given.readings.get(head)
    return (reading.top, reading.scores[reading.top]) if reading else (otherwise, 0.0)
