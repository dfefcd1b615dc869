"""A prejudiced remark about a group, or none: what the heads read beside phrases that helpers use."""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure
from inference.evaluation.layers import BOTH, Layer
from inference.evaluation.rows import Prediction, Row, message
from inference.safety.detectors import bias
from inference.safety.detectors.bias_phrases import phrases_version
from inference.safety.detectors.given import Given

NAME = "bias"
ADAPTERS = ("message",)
LAYERS = BOTH
VERSIONS = {"bias": bias.VERSION, "phrases": phrases_version()}
LABELS = ("biased", "not")


def given(row: Row) -> Given:
    return message(row, Speaker.THERAPIST)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    """Kinds only of what is called a remark; `score` ranks the rest too."""
    if layer is Layer.MODEL and (read := bias.decide_bias(given.readings)):
        biased = bias.LEVELS.index(read.level) >= bias.LEVELS.index("medium")
        return _answer(biased, read.probability, [kind for kind, _ in read.kinds])
    view = bias.bias_of(given)
    return _answer(view.biased, view.score, list(view.kinds))


def _answer(biased: bool, score: float, kinds: list[str]) -> dict[str, Any]:
    return {"biased": biased, "score": round(score, 4), "kinds": kinds if biased else []}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    if not all(isinstance(row.get("biased"), bool) for row in rows):
        raise EvaluationError("a row has no `biased` of true or false")
    gold = ["biased" if row["biased"] else "not" for row in rows]
    said = ["biased" if each["biased"] else "not" for each in predictions]
    return class_figures(rows, gold, said, LABELS)
