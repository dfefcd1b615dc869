"""Abuse in a message, whoever wrote it: hate of a group as a finding, foul language only as a fact.

Two heads are read apart: `hate` decides; `toxicity` learned from labels that are known to hold dialect against its
speakers, so that it is never more than a label. Knows no slurs by name. States facts; policy decides.
"""

from inference.contracts import Finding, Label
from inference.safety.detectors.given import Detected, Given
from inference.safety.detectors.thresholds import thresholds, thresholds_version

NAME = "harm"
VERSION = f"harm 1; {thresholds_version()}"
HEAD = "head.hate"


def detect(given: Given) -> Detected:
    limits = thresholds(NAME)
    findings, labels = [], []
    if "hate" in given.readings:
        hate = given.readings["hate"].scores.get("yes", 0.0)
        if hate >= limits["hate"]:
            why = f"the whole message reads as abuse of people for their group ({hate:.0%})"
            findings.append(Finding("hate", hate, why, None, None, HEAD, VERSION))
    if "toxicity" in given.readings:
        reading = given.readings["toxicity"]
        foul = 1 - reading.scores.get("none", 0.0)
        if foul >= limits["offensive"]:
            labels.append(Label("profanity", "offensive", round(foul, 6)))
    return Detected(findings, labels)
