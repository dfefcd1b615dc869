"""Which way a client's words lean: towards change, away from it, or neither."""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.readings import top
from inference.evaluation.rows import Prediction, Row, message, text_of
from inference.safety.detectors.given import Given

NAME = "client_talk"
ADAPTERS = ("exchange",)
LAYERS = HEADS_ONLY
VERSIONS: dict[str, str] = {}
LABELS = ("change", "neutral", "sustain")


def given(row: Row) -> Given:
    return message(row, Speaker.CLIENT)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    label, confidence = top(given, "talk", otherwise="neutral")
    return {"label": label, "confidence": confidence}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [text_of(row, "label") for row in rows]
    return class_figures(rows, gold, [each["label"] for each in predictions], LABELS)
