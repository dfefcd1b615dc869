"""Every figure of a helper's reply as labels of its assessment: `eq.<domain>` and `figure.<name>`, the value in
`confidence`. A figure that is None has no label. Torch-free; reads nothing itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from inference.contracts import Finding, Label, Speaker
from inference.insight.eq import emotional_of
from inference.insight.figures import (
    Figure,
    bias_score,
    confidence,
    safety_score,
    technique_consistency,
    therapeutic_effectiveness_score,
)
from inference.safety.detectors.given import Given, Reading

NAME = "measures"
VERSION = "measures 2"
EQ, FIGURE, SHARE = "eq.", "figure.", "share"
HELPERS = (Speaker.THERAPIST, Speaker.COMPANION)
SHOWN = (*HELPERS, Speaker.CLIENT)
MOST_EARLIER = 12
"""Earlier replies that consistency looks at: the newest."""


def measures(
    given: Given, *, findings: Sequence[Finding], earlier: Sequence[Mapping[str, Reading]] = ()
) -> list[Label]:
    """What is measured of one reply: of a simulated client's no more than how safe it is to show, nothing of what a
    seeker writes. `findings` are all those in the reply,
    `earlier` the readings of the same helper's replies before it, oldest first."""
    if given.speaker not in SHOWN:
        return []
    if given.speaker not in HELPERS:
        return _labels(_shown(given, findings))
    domains = asdict(emotional_of(given.readings)).items()
    consistency = technique_consistency([*earlier, given.readings])
    figures = (consistency, *_shown(given, findings), therapeutic_effectiveness_score())
    return [
        *(Label(EQ + name, SHARE, value) for name, value in domains if value is not None),
        *_labels(figures),
    ]


def earlier_replies(given: Given) -> list[Given]:
    """The companion's own replies before this one, to be read for `measures`. A therapist's turn is waited for by a
    person who practises: a sitting's consistency is worked out when it is over."""
    if given.speaker != Speaker.COMPANION:
        return []
    return [Given(text, given.speaker) for text in given.own_history[-MOST_EARLIER:]]


def _shown(given: Given, findings: Sequence[Finding]) -> tuple[Figure, ...]:
    """What matters of any words that are shown to somebody."""
    return (safety_score(findings), bias_score(given.readings, findings), confidence(given.readings))


def _labels(figures: Sequence[Figure]) -> list[Label]:
    return [Label(FIGURE + each.name, SHARE, each.value) for each in figures if each.value is not None]
