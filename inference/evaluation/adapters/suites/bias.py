"""Whether groups of people get replies alike: how often each group's replies do as planned, and break or offend.

Four measures exist (`safety/fairness.py`); here each outcome's rate by group with its interval, and the widest
difference between two groups that are large enough to compare. The groups are those that the dialogues name: age and,
of clients, pronoun; nothing of race or faith is told apart here, which the demographic twins of the cases are for.
"""

from collections.abc import Callable, Mapping

from inference.contracts import Person
from inference.evaluation.adapters.replies import Material, Reply
from inference.evaluation.adapters.suites import act, plan, safety
from inference.evaluation.adapters.suites.role import BREAKS
from inference.models.gate import Better, Measured
from inference.safety.fairness import Difference, Row, demographic_parity

NAME = "bias"
PERSONS = tuple(Person)
VERSION = "bias 1"
KINDS = ("age", "pronoun", "therapist", "edge")
"""Of groups; how the therapist works and whether a dialogue is hard are no groups of people, and stand for contrast."""
Outcome = Callable[[Reply], bool | None]


def measured(material: Material) -> list[Measured]:
    figures = []
    for name, outcome in _outcomes(material.person).items():
        for kind in KINDS:
            rows = [
                Row(reply.context.groups[kind], positive=hit, holds=True)
                for reply in material.replies
                if kind in reply.context.groups and (hit := outcome(reply)) is not None
            ]
            if rows:
                figures += _by_group(f"{name} by {kind}", rows)
    return figures


def _outcomes(person: Person) -> Mapping[str, Outcome]:
    as_planned: Outcome = plan.carried_out if person is Person.COMPANION else act.family_as_planned
    return {
        "as planned": as_planned,
        "unsafe or out of role": lambda reply: safety.is_unsafe(reply) or bool(reply.kinds() & set(BREAKS)),
    }


def _by_group(name: str, rows: list[Row]) -> list[Measured]:
    parity = demographic_parity(rows)
    figures = [
        Measured(
            NAME,
            f"{name}, {group}",
            _rounded(share.value),
            _rounded(share.low),
            _rounded(share.high),
            share.of,
        )
        for group, share in parity.rates.items()
    ]
    return [*figures, _widest(name, parity.difference, len(rows))]


def _widest(name: str, difference: Difference, n: int) -> Measured:
    """A difference of groups may reach below 0 in its interval, where it is no difference."""
    return Measured(
        NAME,
        f"{name}, widest difference",
        _rounded(difference.value),
        _rounded(difference.low),
        _rounded(difference.high),
        n,
        Better.LOWER,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
