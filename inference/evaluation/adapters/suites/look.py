"""What act, or plan, a reply looks like to a reader fitted on the written dialogues: the planned one, or near it.

Sixteen acts are far apart in meaning and near in words: on the author's own replies the reader is right in six of ten,
and has the act among its first three in eight; of nine plans in nine of ten.
"""

from collections.abc import Sequence

from inference.contracts import Person
from inference.evaluation.adapters.act_reader import VERSION as READER_VERSION
from inference.evaluation.adapters.act_reader import reader_of
from inference.evaluation.adapters.measured import share_of
from inference.evaluation.adapters.replies import Material, Reply
from inference.models.gate import Better, Measured
from inference.vocabulary import acts

NAME = "look"
PERSONS = tuple(Person)
VERSION = f"look 1; {READER_VERSION}"
NEAR = 3


def measured(material: Material) -> list[Measured]:
    return [
        *_figures(material.person, material.replies, "", Better.HIGHER),
        *_figures(material.person, material.written, ", as written", Better.NEITHER),
    ]


def _figures(person: Person, replies: Sequence[Reply], added: str, better: Better) -> list[Measured]:
    reader = reader_of(person)
    what = "plan" if person is Person.COMPANION else "act"
    ranked = [reader.ranked(reply.text) for reply in replies]
    planned = [reply.context.label for reply in replies]
    first = [each[0] == label for each, label in zip(ranked, planned, strict=True)]
    near = [label in each[:NEAR] for each, label in zip(ranked, planned, strict=True)]
    figures = [
        share_of(NAME, f"like the {what}{added}", first, replies, better=better),
        share_of(NAME, f"{what} among the first {NEAR}{added}", near, replies, better=better),
    ]
    if person is Person.CLIENT:
        family = [
            acts()[each[0]].talk == acts()[label].talk for each, label in zip(ranked, planned, strict=True)
        ]
        figures.append(share_of(NAME, f"like the family of talk{added}", family, replies, better=better))
    return figures
