"""Scores spans that were found against spans that are true: F-beta by kind and over all, for three meanings of overlap.

Knows no detector and no file. A found span that overlaps a true one of its kind far enough counts for it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Overlap(StrEnum):
    """When a found span counts for a true one.

    union - what they share is at least half of what they cover together (intersection over union >= .5);
    mutual - what they share is at least half of each; covers - what they share is at least half of the true one, and
    one found span may count for several true ones."""

    UNION = "union"
    MUTUAL = "mutual"
    COVERS = "covers"


@dataclass(frozen=True, slots=True)
class Marked:
    """Characters [`start`, `end`) of a text, of `kind`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tally:
    """`hits`: true spans that were found; `missed`: those that were not; `false`: found ones that count for none."""

    hits: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.hits + other.hits, self.missed + other.missed, self.false + other.false)

    def f(self, beta: float = 2.0) -> float:
        """F-beta, 0-1: recall weighs `beta` times as much as precision. 1 where there was nothing to find and nothing
        was found."""
        weighed = (1 + beta**2) * self.hits
        whole = weighed + beta**2 * self.missed + self.false
        return weighed / whole if whole else 1.0


def far_enough(found: Marked, true: Marked, overlap: Overlap) -> bool:
    """Whether `found` counts for `true`. Spans of no length count for nothing."""
    shared = min(found.end, true.end) - max(found.start, true.start)
    if found.kind != true.kind or shared <= 0:
        return False
    if overlap is Overlap.UNION:
        return 2 * shared >= max(found.end, true.end) - min(found.start, true.start)
    covers = 2 * shared >= true.end - true.start
    return covers and (overlap is Overlap.COVERS or 2 * shared >= found.end - found.start)


def tally(
    found: Sequence[Marked], true: Sequence[Marked], overlap: Overlap = Overlap.UNION
) -> dict[str, Tally]:
    """The tally of one text by kind. Under UNION and MUTUAL each found span counts for one true span."""
    used: set[int] = set()
    counts: dict[str, Tally] = {}
    for aim in sorted(true, key=lambda span: (span.start, span.end)):
        fitting = [at for at, span in enumerate(found) if far_enough(span, aim, overlap)]
        free = [at for at in fitting if at not in used]
        taken = free or (fitting if overlap is Overlap.COVERS else [])
        used.update(taken[:1])
        counts[aim.kind] = counts.get(aim.kind, Tally()) + (Tally(hits=1) if taken else Tally(missed=1))
    for at, span in enumerate(found):
        if at not in used:
            counts[span.kind] = counts.get(span.kind, Tally()) + Tally(false=1)
    return counts


def totals(rows: Sequence[dict[str, Tally]]) -> dict[str, Tally]:
    """The tallies of many texts added up by kind; "all" is their sum (micro)."""
    kinds: dict[str, Tally] = {}
    for row in rows:
        for kind, count in row.items():
            kinds[kind] = kinds.get(kind, Tally()) + count
    return {**dict(sorted(kinds.items())), "all": sum(kinds.values(), Tally())}
