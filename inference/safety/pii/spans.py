"""A stretch of personal data, and what to do where several claim the same characters. Knows no rule that finds one."""

from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("email", "url", "ip", "credit_card", "ssn", "date_of_birth", "phone", "address", "name")
"""What is looked for, the kinds whose form leaves least doubt first: where two kinds overlap the earlier stays."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [`start`, `end`) of a text that are of `kind`; `score` 0-1 is the rule's own, not a probability."""

    kind: str
    start: int
    end: int
    score: float
    why: str

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


def apart(spans: Iterable[Span]) -> list[Span]:
    """The spans in the order of the text, none over another: by kind's rank, then the surer, then the longer stays."""
    kept: list[Span] = []
    taken: dict[int, Span] = {}
    ranked = sorted(
        spans, key=lambda span: (KINDS.index(span.kind), -span.score, span.start - span.end, span.start)
    )
    for span in ranked:
        if any(at in taken for at in range(span.start, span.end)):
            continue
        kept.append(span)
        taken.update(dict.fromkeys(range(span.start, span.end), span))
    return sorted(kept, key=lambda span: span.start)
