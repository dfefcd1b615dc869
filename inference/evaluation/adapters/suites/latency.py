"""How long replies took on the machine that measured, one at a time: no promise about another machine or a crowd."""

from collections.abc import Sequence

from inference.contracts import Person
from inference.evaluation.adapters.replies import Material
from inference.models.gate import Better, Measured

NAME = "latency"
PERSONS = tuple(Person)
VERSION = "latency 1"
PERCENTILES = (50, 95, 99)


def measured(material: Material) -> list[Measured]:
    spoken = [reply.spoken for reply in material.replies]
    first = [each.first_ms for each in spoken if each.first_ms is not None]
    total = [each.total_ms for each in spoken if each.total_ms is not None]
    figures = [*_percentiles("to the first words, ms", first), *_percentiles("to the end, ms", total)]
    spent_s, tokens = sum(total) / 1000, sum(each.tokens for each in spoken)
    if spent_s:
        figures.append(
            Measured(
                NAME, "tokens in a second", round(tokens / spent_s, 1), n=len(total), better=Better.HIGHER
            )
        )
    return figures


def _percentiles(name: str, values: Sequence[int]) -> list[Measured]:
    ranked = sorted(values)
    return [
        Measured(
            NAME, f"{name}, p{p}", float(ranked[min(len(ranked) - 1, len(ranked) * p // 100)]),
            n=len(ranked), better=Better.LOWER,
        )
        for p in PERCENTILES
        if ranked
    ]  # fmt: skip
