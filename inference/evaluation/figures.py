"""Figures with 95 % intervals: what is counted, row by row, and what is made of the counts.

Every figure here is a function of sums over rows, so that a resample is a weighted sum. Rows of one session are not
independent: where rows name a session whole sessions are drawn, else rows. Knows no suite.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
Statistic = Callable[[Counts], Counts]
"""(draws, cells) of summed counts to (draws,) values; nan where the figure is undefined."""

DRAWS = 1000
SEED = 20_261_121
BLOCK = 64
"""Draws in memory at once."""
WILSON_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` with [`low`, `high`], its 95 % interval, over `n` rows or, for spans, pieces; None where undefined. A
    whole `value` is a count."""

    name: str
    value: float | int | None
    low: float | None
    high: float | None
    n: int


def figure(
    name: str,
    counts: Counts,
    statistic: Statistic,
    *,
    units: Sequence[object] = (),
    n: int | None = None,
) -> Figure:
    """`counts` (rows, cells); `units` names each row's session. `n` where it is not the number of rows."""
    counts = np.asarray(counts, dtype=np.float64)
    n = len(counts) if n is None else n
    if not len(counts):
        return Figure(name, None, None, None, n)
    value = float(statistic(counts.sum(0, keepdims=True))[0])
    if np.isnan(value):
        return Figure(name, None, None, None, n)
    drawn = _drawn(_by_unit(counts, units), statistic)
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    return Figure(name, _round(value), _round(low), _round(high), n)


def _by_unit(counts: Counts, units: Sequence[object]) -> Counts:
    if not units:
        return counts
    numbers: dict[object, int] = {}
    rows = [numbers.setdefault(unit, len(numbers)) for unit in units]
    summed = np.zeros((len(numbers), counts.shape[1]))
    np.add.at(summed, rows, counts)
    return summed


def _drawn(counts: Counts, statistic: Statistic) -> Counts:
    """The statistic of DRAWS resamples. Units that count alike are drawn as one kind of unit, which is the same."""
    kinds, times = np.unique(counts, axis=0, return_counts=True)
    chance = np.random.default_rng(SEED)
    values = [
        statistic(chance.multinomial(len(counts), times / times.sum(), size=size) @ kinds)
        for size in [BLOCK] * (DRAWS // BLOCK) + [DRAWS % BLOCK]
    ]
    return np.concatenate(values)


def _round(value: float) -> float:
    return round(float(value), 4)


def sessions(rows: Sequence[Mapping[str, object]]) -> list[object]:
    """What to draw by: each row's session, or nothing where rows name none (then rows are drawn)."""
    named = [row.get("session") for row in rows]
    if all(session is None for session in named):
        return []
    return [("row", at) if session is None else ("session", session) for at, session in enumerate(named)]


def confusion(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> Counts:
    """(rows, (labels + 1)²): a one in the cell of each row's true and predicted label; any other label is the last."""
    at = {label: number for number, label in enumerate(labels)}
    size = len(labels) + 1
    cells = np.zeros((len(gold), size * size))
    for row, (true, said) in enumerate(zip(gold, predicted, strict=True)):
        cells[row, at.get(true, size - 1) * size + at.get(said, size - 1)] = 1
    return cells


def class_f1(cells: Counts) -> Counts:
    """(draws, labels): F1 of each label of `confusion`; nan for one that no row has."""
    size = int(round(cells.shape[1] ** 0.5))
    table = cells.reshape(-1, size, size)
    right = np.einsum("dii->di", table)
    return _f(right, table.sum(1), table.sum(2), beta=1)[:, :-1]


def macro_f1(cells: Counts) -> Counts:
    """The mean F1 over the labels that occur."""
    return mean_present(class_f1(cells))


def mean_present(values: Counts) -> Counts:
    present = ~np.isnan(values)
    total = np.where(present, values, 0).sum(1)
    return np.divide(total, present.sum(1), out=np.full(len(values), np.nan), where=present.any(1))


def f_of(counts: Counts, *, beta: float) -> Counts:
    """F-beta of (draws, 3) counts: found rightly, found, there to be found."""
    return _f(counts[:, 0], counts[:, 1], counts[:, 2], beta=beta)


def _f(right: Counts, found: Counts, there: Counts, *, beta: float) -> Counts:
    weight = beta * beta
    below = found + weight * there
    return np.divide((1 + weight) * right, below, out=np.full(right.shape, np.nan), where=there > 0)


def share(counts: Counts) -> Counts:
    """Of (draws, 2) counts the first over the second."""
    return np.divide(counts[:, 0], counts[:, 1], out=np.full(len(counts), np.nan), where=counts[:, 1] > 0)


def rate(name: str, hits: Sequence[bool], *, units: Sequence[object] = ()) -> Figure:
    """How many of the rows: a share. Where none or all are, drawing again says nothing, and Wilson's interval holds."""
    total = sum(hits)
    if hits and total in (0, len(hits)):
        low, high = wilson(total, len(hits))
        return Figure(name, _round(total / len(hits)), _round(low), _round(high), len(hits))
    return figure(
        name, np.array([[hit, 1] for hit in hits], dtype=np.float64).reshape(-1, 2), share, units=units
    )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's score interval (1927) for `hits` of `n`, n at least 1."""
    z2 = WILSON_Z * WILSON_Z
    middle = (hits + z2 / 2) / (n + z2)
    half = WILSON_Z * ((hits * (n - hits) / n + z2 / 4) ** 0.5) / (n + z2)
    return max(0.0, middle - half), min(1.0, middle + half)
