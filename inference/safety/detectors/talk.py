"""Labels which way a client's words lean, or says that it is unsure. Says nothing of what a helper wrote."""

from inference.contracts import Label, Speaker
from inference.insight.talk import talk_of
from inference.safety.detectors.given import Detected, Given
from inference.safety.detectors.thresholds import thresholds_version

NAME = "talk"
VERSION = f"talk 1; {thresholds_version()}"
UNSURE = "unsure"


def detect(given: Given) -> Detected:
    if given.speaker not in (Speaker.CLIENT, Speaker.SEEKER):
        return Detected()
    talk = talk_of(given.readings)
    if talk is None:
        return Detected()
    return Detected(labels=[Label(NAME, UNSURE if talk.abstained else talk.label, talk.confidence)])
