"""Labels the technique and the strategy of a helper's reply, where the heads are sure enough of one."""

from inference.contracts import Label, Speaker
from inference.insight.technique import strategy_of, technique_of
from inference.safety.detectors.given import Detected, Given
from inference.safety.detectors.thresholds import thresholds_version

NAME = "technique"
VERSION = f"technique 1; {thresholds_version()}"
HELPERS = (Speaker.THERAPIST, Speaker.COMPANION)


def detect(given: Given) -> Detected:
    if given.speaker not in HELPERS:
        return Detected()
    named = {"technique": technique_of(given.readings), "strategy": strategy_of(given.readings)}
    return Detected(labels=[Label(name, each.name, each.probability) for name, each in named.items() if each])
