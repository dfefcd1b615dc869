"""Messages that only sound like a crisis: idioms, homonyms, everyday talk. Every row is taken as harmless."""

from collections.abc import Sequence

from inference.evaluation.figures import Figure, rate, sessions
from inference.evaluation.rows import Prediction, Row
from inference.evaluation.suites.crisis import ADAPTERS, LAYERS, VERSIONS, given, prediction

NAME = "benign"
__all__ = ["ADAPTERS", "LAYERS", "NAME", "VERSIONS", "figures", "given", "prediction"]


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    false = rate("false alarms", [each["crisis"] for each in predictions], units=sessions(rows))
    number = sum(each["crisis"] for each in predictions)
    low, high = (round(bound * false.n, 1) for bound in (false.low or 0.0, false.high or 0.0))
    return [Figure("number of alarms", number, low, high, false.n), false]
