"""What a therapist's turn mainly does: asks, reflects, brings something in, or none of these."""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import agreement, class_figures
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ELSE_RULES, Layer
from inference.evaluation.rows import Prediction, Row, message, text_of
from inference.insight import behaviour
from inference.safety.detectors.behaviour import four_classes
from inference.safety.detectors.given import Given

NAME = "therapist_behaviour"
ADAPTERS = ("exchange",)
LAYERS = HEADS_ELSE_RULES
VERSIONS = {"behaviour": behaviour.VERSION}
LABELS = ("question", "reflection", "input", "other")
FORMS = {
    "question_open": ("question", "open"),
    "question_closed": ("question", "closed"),
    "simple": ("reflection", "simple"),
    "complex": ("reflection", "complex"),
    "information": ("input", "information"),
    "advice": ("input", "advice"),
    "negotiation": ("input", "negotiation"),
    "other": ("other", None),
}
"""The head's labels as label and subtype."""
BY_CODE = {
    "Q": "question_closed",
    "CR": "complex",
    "SR": "simple",
    "PersuadeWith": "negotiation",
    "Persuade": "advice",
    "Seek": "negotiation",
    "GI": "information",
}
"""The coder's codes as the head's labels, the one that a turn is counted as first."""


def given(row: Row) -> Given:
    return message(row, Speaker.THERAPIST)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    """As heads and rules have it together where heads read, as the rules have it where not."""
    if layer is not Layer.LEXICAL and "behaviour" in given.readings:
        ruled = FORMS[_coded(given)[0]][0]
        _, form, confidence = four_classes(given.readings, ruled=ruled, text=given.text)
    else:
        form, confidence = _coded(given)
    label, subtype = FORMS[form]
    return {"label": label, "subtype": subtype, "confidence": round(confidence, 4)}


def _coded(given: Given) -> tuple[str, float]:
    codes = {code.code: code for code in behaviour.code_turn(given.text, previous_client=given.said_to).codes}
    main = next((codes[name] for name in BY_CODE if name in codes), None)
    if main is None:
        return "other", 0.0
    return ("question_open" if main.subtype == "open" else BY_CODE[main.code]), main.confidence


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [text_of(row, "label") for row in rows]
    result = class_figures(rows, gold, [each["label"] for each in predictions], LABELS)
    found = [at for at, row in enumerate(rows) if row.get("subtype") and predictions[at]["label"] == gold[at]]
    return [
        *result,
        agreement(
            "subtype right, where the label is",
            [rows[at] for at in found],
            [rows[at]["subtype"] for at in found],
            [predictions[at]["subtype"] for at in found],
        ),
    ]
