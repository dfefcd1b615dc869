"""A prejudiced remark about a group, or none."""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.readings import chance
from inference.evaluation.rows import Prediction, Row, message
from inference.safety.detectors.given import Given

NAME = "bias"
ADAPTERS = ("message",)
LAYERS = HEADS_ONLY
VERSIONS: dict[str, str] = {}
LABELS = ("biased", "not")
BIASED = 0.5
KIND = 0.5


def given(row: Row) -> Given:
    return message(row, Speaker.THERAPIST)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    score = chance(given, "bias", "yes")
    biased = score >= BIASED
    reading = given.readings.get("bias.kinds")
    kinds = [kind for kind, chance in reading.scores.items() if chance >= KIND] if reading and biased else []
    return {"biased": biased, "score": score, "kinds": kinds}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    if not all(isinstance(row.get("biased"), bool) for row in rows):
        raise EvaluationError("a row has no `biased` of true or false")
    gold = ["biased" if row["biased"] else "not" for row in rows]
    said = ["biased" if each["biased"] else "not" for each in predictions]
    return class_figures(rows, gold, said, LABELS)
