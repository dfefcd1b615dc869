"""Warmth, understanding and interest in a peer's reply, each 0 none, 1 weak or 2 strong."""

from collections.abc import Sequence

from inference.contracts import Message, Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.rows import Prediction, Row, said_by, text_of
from inference.insight.empathy import MECHANISMS, empathy_of
from inference.safety.detectors.given import Given

NAME = "empathy"
ADAPTERS = ("exchange",)
LAYERS = HEADS_ONLY
VERSIONS: dict[str, str] = {}
LEVELS = ("0", "1", "2")


def given(row: Row) -> Given:
    asked = Message(said_by(Speaker.COMPANION, own=False), text_of(row, "seeker"))
    return Given(text_of(row, "response"), Speaker.COMPANION, (asked,))


def prediction(given: Given, layer: Layer) -> dict[str, int]:
    read = empathy_of(given.readings, text=given.text)
    return {name: read[name].level if name in read else 0 for name in MECHANISMS}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    result: list[Figure] = []
    for name in MECHANISMS:
        if not all(row.get(name) in (0, 1, 2) for row in rows):
            raise EvaluationError(f"a row has no {name!r} of 0, 1 or 2")
        gold = [str(row[name]) for row in rows]
        result += class_figures(rows, gold, [str(each[name]) for each in predictions], LEVELS, name=name)
    return result
