"""What the writer of a comment expresses: any of twenty-eight emotions, neutral among them."""

from collections.abc import Sequence

from inference.contracts import Speaker
from inference.evaluation.classes import multi_label_counts
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Counts, Figure, f_of, figure, mean_present, sessions
from inference.evaluation.layers import HEADS_ONLY, Layer
from inference.evaluation.rows import Prediction, Row, message
from inference.insight.emotion import HEAD, NEUTRAL, emotions_of
from inference.safety.detectors.given import Given
from inference.safety.detectors.thresholds import thresholds_version

NAME = "emotion"
ADAPTERS = ("message",)
LAYERS = HEADS_ONLY
VERSIONS = {"thresholds": thresholds_version()}


def given(row: Row) -> Given:
    return message(row, Speaker.SEEKER)


def prediction(given: Given, layer: Layer) -> dict[str, list[str]]:
    """Every emotion that is likely enough, and the likeliest in any case."""
    reading = given.readings.get(HEAD)
    if reading is None:
        return {"labels": [NEUTRAL]}
    return {"labels": [label for label, _ in emotions_of(given.readings)] or [reading.top]}


def figures(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
    if not all(isinstance(row.get("labels"), list) for row in rows):
        raise EvaluationError("a row has no list of `labels`")
    gold = [row["labels"] for row in rows]
    labels = sorted({label for true in gold for label in true})
    counts = multi_label_counts(gold, [each["labels"] for each in predictions], labels)
    units = sessions(rows)
    together = counts.reshape(len(rows), -1, 3)
    return [
        figure("macro-F1", counts, _macro, units=units),
        figure("micro-F1", together.sum(1), lambda summed: f_of(summed, beta=1), units=units),
        *(
            figure(
                f"F1 {label}",
                together[:, at],
                lambda summed: f_of(summed, beta=1),
                units=units,
                n=int(together[:, at, 2].sum()),
            )
            for at, label in enumerate(labels)
        ),
    ]


def _macro(counts: Counts) -> Counts:
    each = counts.reshape(len(counts), -1, 3)
    return mean_present(f_of(each.reshape(-1, 3), beta=1).reshape(len(counts), -1))
