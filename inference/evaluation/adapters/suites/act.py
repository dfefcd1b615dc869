"""Whether the client does what was planned: by the head that reads which way talk leans, and by the act's marks.

The head tells change, neutral and sustain talk, and knows no acts: what it says of the author's replies is beside its
figure, as the most that it can be expected to say. A mark is necessary and not sufficient. Neither stands for reading.
"""

from collections.abc import Sequence

from inference.contracts import Person
from inference.evaluation.adapters.marks import mark_of, version
from inference.evaluation.adapters.measured import share_of
from inference.evaluation.adapters.replies import Material, Reply
from inference.insight.talk import talk_of
from inference.models.gate import Better, Measured
from inference.vocabulary import TALK_FAMILIES, acts

NAME = "act"
PERSONS = (Person.CLIENT,)
VERSION = f"act 1; {version()}"


def measured(material: Material) -> list[Measured]:
    return [
        *_by_head(material.replies, "", Better.HIGHER),
        *_by_head(material.written, ", as written", Better.NEITHER),
        *_by_marks(material.replies, "", Better.HIGHER),
        *_by_marks(material.written, ", as written", Better.NEITHER),
    ]


def family_as_planned(reply: Reply) -> bool | None:
    """None where no head read it."""
    talk = talk_of(reply.readings)
    return None if talk is None else talk.label == acts()[reply.context.label].talk


def _by_head(replies: Sequence[Reply], added: str, better: Better) -> list[Measured]:
    read = [reply for reply in replies if family_as_planned(reply) is not None]
    if not read:
        return []
    figures = [
        share_of(
            NAME, f"family as planned{added}", [bool(family_as_planned(r)) for r in read], read, better=better
        )
    ]
    for family in TALK_FAMILIES:
        own = [reply for reply in read if acts()[reply.context.label].talk == family]
        hits = [bool(family_as_planned(reply)) for reply in own]
        figures.append(share_of(NAME, f"family as planned, {family}{added}", hits, own))
    return figures


def _by_marks(replies: Sequence[Reply], added: str, better: Better) -> list[Measured]:
    marked = [(mark, reply) for reply in replies if (mark := mark_of(Person.CLIENT, reply.context.label))]
    hits = [mark.shows_in(reply.text) for mark, reply in marked]
    own = [reply for _, reply in marked]
    return [share_of(NAME, f"shows the act's mark{added}", hits, own, better=better)]
