"""Times of answers to percentiles and rates. Knows no engine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

MOST_OVER_MEDIAN = 3.0
"""The slowest first token may take so many times the median; a chat that waits longer is starved."""


@dataclass(frozen=True)
class Answer:
    """Seconds from asking to the first and the last words; tokens by the model's own tokenizer."""

    first_s: float
    total_s: float
    tokens: int


@dataclass(frozen=True)
class Figures:
    """First token and time per further token in milliseconds, tokens a second over all chats, memory at its highest in
    MB, a card's apart from the machine's. `slowest_over_median` is of the first tokens, and `none_starved` whether that
    is at most MOST_OVER_MEDIAN. Answers that failed are in none of these but in the time that all took: how many,
    and how many for each reason. `asked_again` of the others were sent twice."""

    answers: int
    first_ms: dict[str, float]
    per_token_ms: dict[str, float]
    tokens_per_s: float
    slowest_over_median: float
    none_starved: bool
    memory_mb: float
    card_memory_mb: float = 0.0
    failed_answers: int = 0
    why_failed: dict[str, int] = field(default_factory=dict)
    asked_again: int = 0

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def figures(
    answers: Sequence[Answer],
    *,
    wall_s: float,
    memory_mb: float,
    card_memory_mb: float = 0.0,
    failures: Sequence[str] = (),
    asked_again: int = 0,
) -> Figures:
    """Of at least one answer; `failures` are the reasons of those that are none."""
    first = [answer.first_s * 1000 for answer in answers]
    each = [
        (answer.total_s - answer.first_s) * 1000 / (answer.tokens - 1)
        for answer in answers
        if answer.tokens > 1
    ]
    ranks = percentiles(first)
    over_median = max(first) / max(ranks["p50"], 1e-9)
    return Figures(
        answers=len(answers),
        first_ms=ranks,
        per_token_ms=percentiles(each or [0.0]),
        tokens_per_s=round(sum(answer.tokens for answer in answers) / wall_s, 1),
        slowest_over_median=round(over_median, 2),
        none_starved=over_median <= MOST_OVER_MEDIAN,
        memory_mb=round(memory_mb, 1),
        card_memory_mb=round(card_memory_mb, 1),
        failed_answers=len(failures),
        why_failed=dict(Counter(failures)),
        asked_again=asked_again,
    )


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99, each one of the values: the smallest that so many percent are not above."""
    ranked = sorted(values)
    return {f"p{p}": round(ranked[max(0, -(-len(ranked) * p // 100) - 1)], 2) for p in (50, 95, 99)}
