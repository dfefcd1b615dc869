"""What empathy the companion's replies express: warmth, understanding and interest, each 0 to 2, by the heads.

Expressed, not felt and not received; the heads learned on peers' replies. More is not better without end, which is why
the author's replies to the same words stand beside.
"""

from collections.abc import Sequence

from inference.contracts import Person
from inference.evaluation.adapters.measured import mean_of, share_of
from inference.evaluation.adapters.replies import Material, Reply
from inference.insight.empathy import MECHANISMS, Mechanism, empathy_of
from inference.models.gate import Better, Measured

NAME = "empathy"
PERSONS = (Person.COMPANION,)
VERSION = "empathy 1"


def measured(material: Material) -> list[Measured]:
    return [*_figures(material.replies, ""), *_figures(material.written, ", as written")]


def _figures(replies: Sequence[Reply], added: str) -> list[Measured]:
    read = [(reply, found) for reply in replies if (found := _levels(reply))]
    own = [reply for reply, _ in read]
    figures = []
    for name in MECHANISMS if read else ():
        values = [found[name].expected for _, found in read]
        figures.append(mean_of(NAME, f"{name.replace('_', ' ')}, mean level 0-2{added}", values, own))
    if read:
        hits = [any(each.level > 0 for each in found.values()) for _, found in read]
        better = Better.NEITHER if added else Better.HIGHER
        figures.append(share_of(NAME, f"expresses any{added}", hits, own, better=better))
    return figures


def _levels(reply: Reply) -> dict[str, Mechanism]:
    found = empathy_of(reply.readings, text=reply.text)
    return found if set(found) == set(MECHANISMS) else {}
