"""Which persona a caller wants, read from the words: how often rightly, how often not at all, and how it errs.

Rows have `text` and `persona` (companion, client, education, or none where the right answer is to abstain); `crisis`
and `hard` of true are counted apart.
"""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.data.personas import LABELS, NONE
from inference.evaluation.classes import class_figures
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure, rate, sessions
from inference.evaluation.layers import RULES_ONLY, Layer
from inference.evaluation.rows import Prediction, Row, message, text_of
from inference.insight.persona import read_persona, version
from inference.safety.detectors.given import Given

NAME = "persona"
ADAPTERS = ()
LAYERS = RULES_ONLY
VERSIONS = {"persona": version()}
WANTED = tuple(label for label in LABELS if label != NONE)
COMPANION = "companion"


def given(row: Row) -> Given:
    return message(row, Speaker.SEEKER)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    """The likeliest even where the product would abstain, which `abstained` says."""
    reading = read_persona([*given.own_history, given.text])
    return {
        "label": reading.likeliest,
        "confidence": reading.confidence,
        "abstained": reading.abstained,
    }


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    """Accuracy and F1 of the likeliest on rows that want a persona; then what is answered and what abstained from."""
    gold = [text_of(row, "persona") for row in rows]
    if unknown := set(gold) - set(LABELS):
        raise EvaluationError(f"a row wants none of {', '.join(LABELS)} ({len(unknown)} other labels)")
    units = sessions(rows)
    right = [each["label"] == wanted for each, wanted in zip(predictions, gold, strict=True)]
    abstained = [each["abstained"] for each in predictions]
    wants = [wanted != NONE for wanted in gold]

    def over(name: str, chosen: Sequence[bool], hits: Sequence[bool]) -> Figure:
        at = [number for number, is_one in enumerate(chosen) if is_one]
        return rate(name, [hits[each] for each in at], units=[units[each] for each in at] if units else [])

    own = [number for number, one in enumerate(wants) if one]
    answered = [one and not left for one, left in zip(wants, abstained, strict=True)]
    all_answered = [not left for left in abstained]
    misled = [
        not left and each["label"] != COMPANION for each, left in zip(predictions, abstained, strict=True)
    ]
    return [
        over("accuracy", wants, right),
        *class_figures([rows[at] for at in own], [gold[at] for at in own], _labels(predictions, own), WANTED),
        over("abstention", wants, abstained),
        over("accuracy where it answers", answered, right),
        over("accuracy where it answers, rows of none too", all_answered, right),
        over("abstention, none wanted", [not one for one in wants], abstained),
        over(
            "accuracy, hard",
            [one and bool(row.get("hard")) for one, row in zip(wants, rows, strict=True)],
            right,
        ),
        over("companion wanted, another answered", [wanted == COMPANION for wanted in gold], misled),
        over(
            "crisis, another than the companion answered", [bool(row.get("crisis")) for row in rows], misled
        ),
    ]


def _labels(predictions: Sequence[Prediction], chosen: Sequence[int]) -> list[str]:
    return [predictions[at]["label"] for at in chosen]
