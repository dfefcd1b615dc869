"""Which way a client's words lean: towards change, away from it, or neither."""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.rows import Prediction, Row, message, text_of
from inference.insight.talk import TALKS, talk_of
from inference.safety.detectors.given import Given

NAME = "client_talk"
ADAPTERS = ("exchange",)
LAYERS = HEADS_ONLY
VERSIONS: dict[str, str] = {}


def given(row: Row) -> Given:
    return message(row, Speaker.CLIENT)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    """The likeliest even where the detector would abstain; neutral, which most talk is, where no head read."""
    talk = talk_of(given.readings)
    return {"label": talk.label if talk else "neutral", "confidence": talk.confidence if talk else 0.0}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [text_of(row, "label") for row in rows]
    return class_figures(rows, gold, [each["label"] for each in predictions], TALKS)
