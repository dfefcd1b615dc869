"""Figures that several suites have in common: of rows with one label each."""

from collections.abc import Sequence

import numpy as np

from inference.evaluation.figures import (
    Counts,
    Figure,
    Statistic,
    class_f1,
    confusion,
    figure,
    macro_f1,
    rate,
    sessions,
)
from inference.evaluation.rows import Row


def class_figures(
    rows: Sequence[Row],
    gold: Sequence[str],
    predicted: Sequence[str],
    labels: Sequence[str],
    *,
    name: str = "",
) -> list[Figure]:
    """Macro-F1 over the labels that rows have, and F1 of each. `name` before each figure's own."""
    units = sessions(rows)
    begin = f"{name} " if name else ""
    cells = confusion(gold, predicted, labels)
    return [
        figure(f"{begin}macro-F1", cells, macro_f1, units=units),
        *(
            figure(f"{begin}F1 {label}", cells, _one(at), units=units, n=gold.count(label))
            for at, label in enumerate(labels)
            if label in gold
        ),
    ]


def _one(at: int) -> Statistic:
    def f1(cells: Counts) -> Counts:
        return class_f1(cells)[:, at]

    return f1


def alarm_figures(rows: Sequence[Row], gold: Sequence[bool], alarms: Sequence[bool]) -> list[Figure]:
    """Recall over the rows that are one, the share of false alarms over those that are not."""
    units = sessions(rows)

    def over(wanted: bool, name: str) -> Figure:
        chosen = [at for at, is_one in enumerate(gold) if is_one is wanted]
        return rate(name, [alarms[at] for at in chosen], units=[units[at] for at in chosen] if units else [])

    return [over(True, "recall"), over(False, "false alarms")]


def agreement(name: str, rows: Sequence[Row], gold: Sequence[str], predicted: Sequence[str]) -> Figure:
    return rate(
        name, [true == said for true, said in zip(gold, predicted, strict=True)], units=sessions(rows)
    )


def multi_label_counts(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], labels: Sequence[str]
) -> Counts:
    """(rows, labels * 3): for every label found rightly, found, there to be found."""
    counts = np.zeros((len(gold), len(labels), 3))
    for row, (true, said) in enumerate(zip(gold, predicted, strict=True)):
        for at, label in enumerate(labels):
            counts[row, at] = (label in true and label in said, label in said, label in true)
    return counts.reshape(len(gold), -1)
