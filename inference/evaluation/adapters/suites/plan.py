"""Whether the companion does what was planned: the plan's marks, one question at most, and the coder of behaviour.

The coder knows what therapists do by rules and abstains often, so that it speaks only against a reply: confronting or
persuading is in no plan. What the same measures say of the author's replies stands beside.
"""

from collections.abc import Sequence

from inference.contracts import Person
from inference.evaluation.adapters.marks import mark_of, version
from inference.evaluation.adapters.measured import share_of
from inference.evaluation.adapters.replies import Material, Reply
from inference.insight.behaviour import VERSION as CODER_VERSION
from inference.models.gate import Better, Measured

NAME = "plan"
PERSONS = (Person.COMPANION,)
VERSION = f"plan 1; {version()}; {CODER_VERSION}"
IN_NO_PLAN = frozenset({"Confront", "Persuade"})


def measured(material: Material) -> list[Measured]:
    return [
        *_figures(material.replies, "", Better.HIGHER, Better.LOWER),
        *_figures(material.written, ", as written", Better.NEITHER, Better.NEITHER),
    ]


def carried_out(reply: Reply) -> bool:
    """The plan's mark shows, at most one question is asked, and nothing is done that is in no plan."""
    mark = mark_of(Person.COMPANION, reply.context.label)
    return (mark is None or mark.shows_in(reply.text)) and not _asks_twice(reply) and not _off_plan(reply)


def _figures(replies: Sequence[Reply], added: str, high: Better, low: Better) -> list[Measured]:
    return [
        share_of(NAME, f"carried out{added}", [carried_out(r) for r in replies], replies, better=high),
        share_of(
            NAME, f"more than one question{added}", [_asks_twice(r) for r in replies], replies, better=low
        ),
        share_of(
            NAME, f"confronts or persuades{added}", [_off_plan(r) for r in replies], replies, better=low
        ),
    ]


def _asks_twice(reply: Reply) -> bool:
    return reply.text.count("?") > 1


def _off_plan(reply: Reply) -> bool:
    return reply.coding is not None and any(code.code in IN_NO_PLAN for code in reply.coding.codes)
