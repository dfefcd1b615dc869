"""The main way in which a supporter helps in a reply. Rules name the ways that the coder of behaviour can tell."""

from collections.abc import Sequence

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.figures import Figure
from inference.evaluation.layers import HEADS_ELSE_RULES, Layer
from inference.evaluation.readings import top
from inference.evaluation.rows import Prediction, Row, message, text_of
from inference.insight import behaviour
from inference.safety.detectors.given import Given

NAME = "support_strategy"
ADAPTERS = ("exchange",)
LAYERS = HEADS_ELSE_RULES
VERSIONS = {"behaviour": behaviour.VERSION}
LABELS = (
    "Questions",
    "Restatement or Paraphrasing",
    "Reflection of feelings",
    "Self-disclosure",
    "Affirmation and Reassurance",
    "Providing Suggestions",
    "Information",
    "Other",
)
BY_CODE = {
    "Q": "Questions",
    "CR": "Reflection of feelings",
    "SR": "Restatement or Paraphrasing",
    "AF": "Affirmation and Reassurance",
    "PersuadeWith": "Providing Suggestions",
    "Persuade": "Providing Suggestions",
    "GI": "Information",
}
"""The coder's codes as ways to help, the one that a reply is counted as first."""


def given(row: Row) -> Given:
    return message(row, Speaker.COMPANION)


def prediction(given: Given, layer: Layer) -> dict[str, str]:
    if layer is Layer.LEXICAL or not given.readings:
        return {"label": _coded(given)}
    return {"label": top(given, "strategy", otherwise="Other")[0]}


def _coded(given: Given) -> str:
    codes = {code.code for code in behaviour.code_turn(given.text, previous_client=given.said_to).codes}
    return next((label for code, label in BY_CODE.items() if code in codes), "Other")


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [text_of(row, "label") for row in rows]
    return class_figures(rows, gold, [each["label"] for each in predictions], LABELS)
