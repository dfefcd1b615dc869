"""Labels the level of each mechanism of empathy in a helper's reply, where the head is sure enough of one."""

from inference.contracts import Label, Speaker
from inference.insight.empathy import empathy_of
from inference.safety.detectors.given import Detected, Given
from inference.safety.detectors.thresholds import thresholds_version

NAME = "empathy"
VERSION = f"empathy 1; {thresholds_version()}"
HELPERS = (Speaker.THERAPIST, Speaker.COMPANION)


def detect(given: Given) -> Detected:
    if given.speaker not in HELPERS:
        return Detected()
    return Detected(
        labels=[
            Label(f"empathy.{name}", str(each.level), each.confidence)
            for name, each in empathy_of(given.readings, text=given.text).items()
            if not each.abstained
        ]
    )
