"""Labels what a writer expresses, whoever it is; at most five emotions a message."""

from inference.contracts import Label
from inference.insight.emotion import emotions_of
from inference.safety.detectors.given import Detected, Given
from inference.safety.detectors.thresholds import thresholds_version

NAME = "emotion"
VERSION = f"emotion 1; {thresholds_version()}"


def detect(given: Given) -> Detected:
    return Detected(labels=[Label(NAME, name, chance) for name, chance in emotions_of(given.readings)])
