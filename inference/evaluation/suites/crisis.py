"""Crisis or not, which kind and how grave: messages of people, labelled by people.

The lexical screen and the heads each say what they see and how gravely; either can raise the alarm. A row's own `type`
counts towards the kinds only where it is one that can be said.
"""

from collections.abc import Sequence
from typing import Any

from inference.contracts import Speaker
from inference.evaluation.classes import alarm_figures, class_figures
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure
from inference.evaluation.layers import BOTH, Layer
from inference.evaluation.rows import Prediction, Row, message
from inference.safety.detectors import crisis
from inference.safety.detectors.given import Given
from inference.safety.screen import SCORES, Screening, screen

NAME = "crisis"
ADAPTERS = ("message",)
LAYERS = BOTH
VERSIONS = {"screen": screen("").version, "crisis": crisis.VERSION}
KINDS = (
    "suicidal",
    "self_harm",
    "psychosis",
    "agitation",
    "substance",
    "depression",
    "panic",
    "violence",
)
ASKED = {
    "ways_to_die": "suicidal",
    "ways_to_hurt": "self_harm",
    "ways_against_others": "violence",
    "ways_with_drugs": "substance",
    "best_ways": "self_harm",
    "urges_harm": "violence",
}
"""What the screen's rules for requests are about."""
SAID_AS = {"abuse": "violence"}
"""The screen tells abuse apart; here it is violence."""


def given(row: Row) -> Given:
    return message(row, Speaker.SEEKER)


def prediction(given: Given, layer: Layer) -> dict[str, Any]:
    """A kind and a severity only where there is an alarm; `score` ranks messages that raise none too."""
    if layer is Layer.MODEL and (read := crisis.decide_crisis(given.readings)):
        return _answer(read.alarmed, read.kind, read.severity, read.alarm)
    view = crisis.crisis_of(given)
    asked = _asked_for(view.lexical)
    if asked and not view.alarmed:
        return _answer(True, asked, "moderate", max(view.score, SCORES["moderate"]))
    return _answer(view.alarmed, view.kind, view.severity, view.score)


def _asked_for(lexical: Screening) -> str:
    """What a request for ways of causing harm is about, "" without one: the product refuses it in fixed words,
    with help beside them, whatever else is read in the message."""
    for finding in lexical.findings:
        for rule, kind in ASKED.items():
            if finding.kind == "method_request" and finding.detector.endswith(rule):
                return kind
    return ""


def _answer(alarmed: bool, kind: str, severity: str, score: float) -> dict[str, Any]:
    return {
        "crisis": alarmed,
        "type": SAID_AS.get(kind, kind) if alarmed else "none",
        "severity": severity if alarmed else "none",
        "score": round(score, 4),
    }


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    gold = [_is_crisis(row) for row in rows]
    result = alarm_figures(rows, gold, [each["crisis"] for each in predictions])
    if any(row.get("type") in KINDS for row in rows):
        result += _kinds("kind", rows, predictions)
        chosen = [at for at, is_one in enumerate(gold) if is_one]
        result += _kinds("kind, of crises,", [rows[at] for at in chosen], [predictions[at] for at in chosen])[
            :1
        ]
    return result


def _is_crisis(row: Row) -> bool:
    if not isinstance(row.get("crisis"), bool):
        raise EvaluationError("a row has no `crisis` of true or false")
    return row["crisis"]


def _kinds(name: str, rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    """Over the kinds that rows have; what is no crisis counts where it is called one."""
    gold = [str(row.get("type")) for row in rows]
    return class_figures(rows, gold, [each["type"] for each in predictions], KINDS, name=name)
