"""Hateful, offensive or neither. The labels these rows come with are known to be biased against dialect."""

from collections.abc import Sequence

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.readings import top
from inference.evaluation.rows import Prediction, Row, message, text_of
from inference.safety.detectors.given import Given

NAME = "toxicity"
ADAPTERS = ("message",)
LAYERS = HEADS_ONLY
VERSIONS: dict[str, str] = {}
LABELS = ("hate", "offensive", "none")


def given(row: Row) -> Given:
    return message(row, Speaker.SEEKER)


def prediction(given: Given, layer: Layer) -> dict[str, str]:
    return {"label": top(given, "toxicity", otherwise="none")[0]}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [text_of(row, "label") for row in rows]
    return class_figures(rows, gold, [each["label"] for each in predictions], LABELS)
