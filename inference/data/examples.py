"""Dialogues put into the adapter's form: messages, and which of them are learned.

A reply is learned where somebody planned it or, of a therapist who works well, where it stands. What is heard, fixed
words and replies without their tag are context. Knows no tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inference.contracts import Message, Person
from inference.data.reading import Dialogue, Turn
from inference.persona import (
    Exchange,
    Persona,
    client_messages,
    client_tag,
    companion_messages,
    companion_tag,
    therapist_messages,
)
from inference.vocabulary import acts

RESISTING_SHARE = 0.4
"""Of a neutral person's replies, at most this many hold on to how things are, or evade."""
_EVADING = frozenset({"test_boundary", "deflect", "withdraw", "intellectualise"})


@dataclass(frozen=True)
class Example:
    """`learned` are the places in `messages` of replies to learn, `labels` their acts or plans in the same order.
    `is_edge`: it is marked as hard, or its therapist works poorly."""

    id: str
    persona: Persona
    messages: tuple[Message, ...]
    learned: tuple[int, ...]
    labels: tuple[str, ...]
    is_edge: bool


def persona_of(dialogue: Dialogue) -> Persona:
    """Whom a dialogue teaches: the companion, a difficult client, or one in nobody's difficulty: unmarked, with a
    therapist who works well, and seldom resisting."""
    if dialogue.person is Person.COMPANION:
        return Persona.COMPANION
    own = [turn.act for turn in dialogue.turns if turn.act]
    resisting = sum(acts()[act].talk == "sustain" or act in _EVADING for act in own)
    is_calm = resisting <= RESISTING_SHARE * len(own)
    unmarked = dialogue.therapist == "good" and not dialogue.edge
    return Persona.NEUTRAL if unmarked and is_calm else Persona.CLIENT


def example_of(dialogue: Dialogue, *, forgotten: int = 0) -> Example:
    """The whole dialogue as one example. The first `forgotten` replies lose their tags and are not learned, as a talk
    looks whose earlier acts the caller does not know."""
    pairs = _pairs(dialogue.turns, str(dialogue.person))
    talk = [
        Exchange(heard, reply.text, "" if at < forgotten or reply.is_fixed else _tag(reply))
        for at, (heard, reply) in enumerate(pairs)
    ]
    messages = client_messages(dialogue.client, talk) if dialogue.client else companion_messages(talk)
    learned = [at for at, (_, reply) in enumerate(pairs) if at >= forgotten and not reply.is_fixed]
    return Example(
        id=dialogue.id,
        persona=persona_of(dialogue),
        messages=messages,
        learned=tuple(2 + 2 * at for at in learned),
        labels=tuple(pairs[at][1].act or pairs[at][1].plan for at in learned),
        is_edge=bool(dialogue.edge) or dialogue.therapist in ("poor", "odd"),
    )


def therapist_example(dialogue: Dialogue) -> Example | None:
    """The therapist's own words of a client's dialogue, where that therapist works well."""
    if dialogue.therapist != "good":
        return None
    pairs = _pairs(dialogue.turns, "therapist")
    messages = therapist_messages([Exchange(heard, reply.text) for heard, reply in pairs])
    return Example(
        id=f"{dialogue.id}/therapist",
        persona=Persona.THERAPIST,
        messages=messages,
        learned=tuple(2 + 2 * at for at in range(len(pairs))),
        labels=("",) * len(pairs),
        is_edge=bool(dialogue.edge),
    )


def one_by_one(example: Example) -> list[Example]:
    """The same replies, each the end of an example of its own; costs several times the tokens."""
    return [
        replace(
            example,
            id=f"{example.id}#{number}",
            messages=example.messages[: place + 1],
            learned=(place,),
            labels=(label,),
        )
        for number, (place, label) in enumerate(zip(example.learned, example.labels, strict=True), 1)
    ]


def words_learned(example: Example) -> int:
    return sum(len(example.messages[place].text.split()) for place in example.learned)


def _pairs(turns: Sequence[Turn], speaker: str) -> list[tuple[str, Turn]]:
    """What was heard before each turn of `speaker`: nothing, where they spoke first."""
    heard = ["", *(turn.text for turn in turns)]
    return [(heard[at], turn) for at, turn in enumerate(turns) if turn.speaker == speaker]


def _tag(reply: Turn) -> str:
    return client_tag(reply.act, reply.band) if reply.act else companion_tag(reply.plan)
