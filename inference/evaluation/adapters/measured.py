"""Figures of replies with 95 % intervals, whole dialogues drawn anew: replies of one dialogue are not independent."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inference.evaluation.adapters.replies import Reply
from inference.evaluation.figures import Counts, Figure, figure, rate, share, wilson
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
    """The share of `replies` that are hits, 0-1; `hits` in their order. Where none or all are, drawing again says
    nothing: then Wilson's interval over dialogues holds, as if the replies of one were one."""
    found = rate(name, list(hits), units=units(replies))
    if found.value in (0, 1):
        dialogues = len(set(units(replies)))
        low, high = wilson(round(found.value * dialogues), dialogues)
        found = replace(found, low=round(low, 4), high=round(high, 4))
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
