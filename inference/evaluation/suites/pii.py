"""Personal data by kind and place. Eight kinds count together; dates of birth, seldom told from other dates, apart.

Rows name kinds as we do or as presidio-research does; spans of its other types (places, organisations, ages, ...) are
not looked for, and one of ours where they stand is a false one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inference.contracts import Speaker
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Counts, Figure, Statistic, f_of, figure, sessions, share
from inference.evaluation.layers import BOTH, Layer
from inference.evaluation.rows import Prediction, Row, message
from inference.evaluation.spans import Marked, Overlap, Tally, tally
from inference.safety.detectors import pii
from inference.safety.detectors.given import Given
from inference.safety.pii.find import TAGGED, find_pii

NAME = "pii"
ADAPTERS = ("tags",)
LAYERS = BOTH
VERSIONS = {"pii": pii.VERSION}
TOGETHER = ("email", "phone", "ssn", "credit_card", "address", "name", "ip", "url")
APART = "date_of_birth"
PRESIDIO = {
    "PERSON": "name",
    "STREET_ADDRESS": "address",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "credit_card",
    "EMAIL_ADDRESS": "email",
    "IP_ADDRESS": "ip",
    "DOMAIN_NAME": "url",
    "US_SSN": "ssn",
}
BETA = 2
"""Recall counts twice as much: what was missed stays in a text for good."""


def given(row: Row) -> Given:
    return message(row, Speaker.SEEKER)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    if layer is Layer.MODEL:
        found = [(tag.start, tag.end, tag.label) for tag in given.tags if tag.label in TAGGED]
    else:
        found = [(span.start, span.end, span.kind) for span in find_pii(given.text, given.tags)]
    return {"spans": [{"start": start, "end": end, "type": kind} for start, end, kind in found]}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    true = [_marked(row.get("spans")) for row in rows]
    found = [_marked(each["spans"]) for each in predictions]
    units = sessions(rows)

    def over(kinds: Sequence[str], overlap: Overlap = Overlap.UNION) -> Counts:
        pairs = zip(found, true, strict=True)
        return np.array([_counted(tally(said, aims, overlap), kinds) for said, aims in pairs])

    def named(name: str, counts: Counts, statistic: Statistic = _f2) -> Figure:
        return figure(name, counts, statistic, units=units, n=int(counts[:, 2].sum()))

    together = over(TOGETHER)
    present = {span.kind for aims in true for span in aims}
    return [
        named("F2", together),
        named("precision", together, lambda counts: share(counts[:, :2])),
        named("recall", together, lambda counts: share(counts[:, [0, 2]])),
        named("F2, half of each covered", over(TOGETHER, Overlap.MUTUAL)),
        named("F2, half of the true one covered", over(TOGETHER, Overlap.COVERS)),
        *(named(f"F2 {kind}", over([kind])) for kind in (*TOGETHER, APART) if kind in present),
    ]


def _f2(counts: Counts) -> Counts:
    return f_of(counts, beta=BETA)


def _counted(tallies: dict[str, Tally], kinds: Sequence[str]) -> tuple[int, int, int]:
    """Found rightly, found, there to be found."""
    total = sum((tallies[kind] for kind in kinds if kind in tallies), Tally())
    return total.hits, total.hits + total.false, total.hits + total.missed


def _marked(spans: object) -> list[Marked]:
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        raise EvaluationError("a row has no list of `spans`")
    ours = ((PRESIDIO.get(span.get("type"), span.get("type")), span) for span in spans)
    return [
        Marked(kind, span["start"], span["end"]) for kind, span in ours if kind in TOGETHER or kind == APART
    ]
