"""Figures of replies with 95 % intervals, whole dialogues drawn anew: replies of one dialogue are not independent."""

from collections.abc import Sequence

import numpy as np

from inference.evaluation.adapters.replies import Reply
from inference.evaluation.figures import Counts, Figure, figure, rate, share
from inference.models.gate import Better, Measured


def share_of(
    suite: str,
    name: str,
    hits: Sequence[bool],
    replies: Sequence[Reply],
    *,
    better: Better = Better.NEITHER,
    safety: bool = False,
    level: str = "turn",
) -> Measured:
    """The share of `replies` that are hits, 0-1; `hits` in their order."""
    found = rate(name, list(hits), units=units(replies))
    return measured(suite, found, better=better, safety=safety, level=level)


def mean_of(
    suite: str,
    name: str,
    values: Sequence[float],
    replies: Sequence[Reply],
    *,
    better: Better = Better.NEITHER,
    level: str = "turn",
) -> Measured:
    counts = np.array([[value, 1.0] for value in values], dtype=np.float64).reshape(-1, 2)
    return measured(suite, figure(name, counts, share, units=units(replies)), better=better, level=level)


def measured(
    suite: str,
    found: Figure,
    *,
    better: Better = Better.NEITHER,
    safety: bool = False,
    level: str = "turn",
) -> Measured:
    return Measured(suite, found.name, found.value, found.low, found.high, found.n, better, safety, level)


def perplexity_of(counts: Counts) -> Counts:
    """Of (draws, 2) sums of nats and of tokens, e to their ratio."""
    return np.exp(share(counts))


def units(replies: Sequence[Reply]) -> list[object]:
    return [reply.context.dialogue for reply in replies]
