"""Hateful or not, on sentences built to test one way of being so or of looking so: their `functionality`."""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import class_figures
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure, rate, sessions
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.readings import chance
from inference.evaluation.rows import Prediction, Row, message
from inference.safety.detectors.given import Given
from inference.safety.detectors.thresholds import thresholds, thresholds_version

NAME = "hatecheck"
ADAPTERS = ("message",)
LAYERS = HEADS_ONLY
VERSIONS = {"thresholds": thresholds_version()}


def given(row: Row) -> Given:
    return message(row, Speaker.SEEKER)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    score = chance(given, "hate", "yes")
    return {"hateful": score >= thresholds("harm")["hate"], "score": score}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [_is_hateful(row) for row in rows]
    right = [each["hateful"] is true for each, true in zip(predictions, gold, strict=True)]
    result = [rate("accuracy", right, units=sessions(rows))]
    said = ["hateful" if each["hateful"] else "not" for each in predictions]
    result += class_figures(rows, ["hateful" if true else "not" for true in gold], said, ("hateful", "not"))
    for name in sorted({str(row["functionality"]) for row in rows if row.get("functionality")}):
        chosen = [at for at, row in enumerate(rows) if str(row.get("functionality")) == name]
        result.append(rate(f"accuracy, {name}", [right[at] for at in chosen]))
    return result


def _is_hateful(row: Row) -> bool:
    """`hateful` of true or false, or the `label` (`label_gold`) of the set as it was published."""
    if isinstance(row.get("hateful"), bool):
        return row["hateful"]
    label = row.get("label", row.get("label_gold"))
    if label not in ("hateful", "non-hateful"):
        raise EvaluationError("a row has no `hateful` of true or false")
    return label == "hateful"
