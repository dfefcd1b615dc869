"""Trains the reader of personas (`inference/insight/persona`): multinomial logistic regression on named features.

The loss is convex and solved by accelerated descent over the rows' products, whole in memory: seconds on one core, with
no drawing of lots, so that the same rows give the same weights. Strength, features and threshold were chosen by what
five folds of the rows to train on say; the rows kept aside and the blind table took no part.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.data.personas import LABELS, NONE, Wanted
from inference.insight.persona.features import features
from inference.insight.persona.reader import SCALE, WEIGHTS_FILE, Weights, load_weights

Matrix = NDArray[np.float64]

FOLDS = 5
STEPS = 400
LEAST_ROWS = 2
"""Rows that must have a feature for it to get weights."""
STRENGTH = 10.0
"""How far weights may go from zero: the prior's variance, for a loss summed over rows."""
LEAST_RIGHT = 0.9
"""The threshold is the lowest of THRESHOLDS from which this share of what is answered is right."""
THRESHOLDS = tuple(round(0.4 + 0.05 * step, 2) for step in range(12))
UNWEIGHED = 0.999
"""In the place of a threshold where no threshold reaches LEAST_RIGHT: hardly anything is answered."""


@dataclass(frozen=True)
class Recipe:
    """What a card says of how it was trained."""

    method: str = "multinomial logistic regression, L2"
    strength: float = STRENGTH
    least_rows_of_a_feature: int = LEAST_ROWS
    folds: int = FOLDS
    steps: int = STEPS
    least_right_where_it_answers: float = LEAST_RIGHT


@dataclass(frozen=True)
class Fitted:
    """Unrounded: `weights` (features, labels) by the order of `names`."""

    names: tuple[str, ...]
    weights: Matrix
    bias: Matrix

    def document(self, threshold: float) -> dict[str, object]:
        """As it is written; features that weigh nothing are left out."""
        whole = np.rint(self.weights * SCALE).astype(int)
        by_feature = {name: row.tolist() for name, row in zip(self.names, whole, strict=True) if row.any()}
        bias = [round(float(each), 4) for each in self.bias]
        return {"labels": list(LABELS), "threshold": threshold, "bias": bias, "weights": by_feature}

    def as_weights(self, threshold: float) -> Weights:
        document = self.document(threshold)
        return Weights(LABELS, tuple(document["bias"]), document["weights"], threshold, "unwritten")  # type: ignore[arg-type]


def fit(rows: Sequence[Wanted]) -> Fitted:
    """Raises ValueError where there are no rows."""
    if not rows:
        raise ValueError("there are no rows to train on")
    seen = [features(row.text) for row in rows]
    names = _names(seen)
    table = _table(seen, names)
    wanted = np.eye(len(LABELS))[[LABELS.index(row.persona) for row in rows]]
    by_row, bias = _solve(table @ table.T, wanted)
    return Fitted(names, table.T @ by_row, bias)


def _names(seen: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    rows_with = Counter(name for values in seen for name in values)
    return tuple(sorted(name for name, times in rows_with.items() if times >= LEAST_ROWS))


def _table(seen: Sequence[Mapping[str, float]], names: Sequence[str]) -> Matrix:
    at = {name: number for number, name in enumerate(names)}
    table = np.zeros((len(seen), len(names)))
    for row, values in enumerate(seen):
        for name, value in values.items():
            if name in at:
                table[row, at[name]] = value
    return table


def _solve(products: Matrix, wanted: Matrix) -> tuple[Matrix, Matrix]:
    """Nesterov's method (1983) on the mean loss; the best weights are a sum of rows, so rows' shares are sought."""
    pull = 1 / (STRENGTH * len(wanted))
    pace = 1 / (0.5 * (products.diagonal().max() + 1) + pull)
    shares, bias = np.zeros_like(wanted), np.zeros(wanted.shape[1])
    ahead, bias_ahead, momentum = shares, bias, 1.0
    for _ in range(STEPS):
        wrong = (_softmax(products @ ahead + bias_ahead) - wanted) / len(wanted)
        next_shares = ahead - pace * (wrong + pull * ahead)
        next_bias = bias_ahead - pace * wrong.sum(0)
        next_momentum = (1 + math.sqrt(1 + 4 * momentum * momentum)) / 2
        carry = (momentum - 1) / next_momentum
        ahead = next_shares + carry * (next_shares - shares)
        bias_ahead = next_bias + carry * (next_bias - bias)
        shares, bias, momentum = next_shares, next_bias, next_momentum
    return shares, bias


def _softmax(logits: Matrix) -> Matrix:
    parts = np.exp(logits - logits.max(1, keepdims=True))
    return parts / parts.sum(1, keepdims=True)


def fold_of(row: Wanted) -> int:
    """By the row's unit, so that pairs stay whole, and otherwise than `data/split.py` divides."""
    return int(hashlib.sha256(f"fold {row.unit}".encode()).hexdigest(), 16) % FOLDS


def out_of_fold(rows: Sequence[Wanted]) -> list[dict[str, float]]:
    """Probabilities by label of every row, from weights that saw none of its fold."""
    chances: dict[str, dict[str, float]] = {}
    for fold in range(FOLDS):
        others = [row for row in rows if fold_of(row) != fold]
        own = [row for row in rows if fold_of(row) == fold]
        if own and others:
            weights = fit(others).as_weights(0.0)
            chances |= {row.id: weights.chances(features(row.text)) for row in own}
    return [chances[row.id] for row in rows]


def threshold_for(rows: Sequence[Wanted], chances: Sequence[Mapping[str, float]]) -> float:
    """The lowest threshold from which LEAST_RIGHT of what is answered is right; what wants no persona is answered
    wrongly whenever it is answered."""
    for threshold in THRESHOLDS:
        right = [
            likeliest == row.persona
            for row, each in zip(rows, chances, strict=True)
            for likeliest, chance in [top(each)]
            if chance >= threshold
        ]
        if right and sum(right) / len(right) >= LEAST_RIGHT:
            return threshold
    return UNWEIGHED


def top(chances: Mapping[str, float]) -> tuple[str, float]:
    """The likeliest persona with its probability."""
    return max(
        ((label, chance) for label, chance in chances.items() if label != NONE), key=lambda each: each[1]
    )


def write_weights(folder: Path, fitted: Fitted, *, threshold: float) -> Weights:
    """Write and read again what will answer."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WEIGHTS_FILE
    document = fitted.document(threshold)
    weights = document.pop("weights")
    lines = ",\n".join(
        f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(row, separators=(',', ':'))}"
        for name, row in weights.items()  # type: ignore[attr-defined]
    )
    head = ",\n".join(f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in document.items())
    path.write_text(f'{{\n{head},\n "weights": {{\n{lines}\n }}\n}}\n', encoding="utf-8")
    return load_weights(path)
