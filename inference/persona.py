"""The form in which an adapter is asked for a reply: the same words in training and when it serves.

Whom the model speaks as stands in the system's message; how it answers (the act, the plan) stands in brackets at the
end of what it hears, next to the reply. So the history keeps its brackets, a talk of ten replies is one sequence to
learn from, and its first tokens stand beside what they must do. Written small: an adapter learns the form, and every
token of it is paid for in each turn. Bare models are asked in longer words elsewhere.

Torch-free. Knows nothing of tokens, of training or of who decides what to do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from inference.contracts import Message, Role
from inference.vocabulary import acts, plans

FORM_VERSION = 1
"""Goes into an adapter's card: one trained on another form must not be served with this one."""
PROTOCOL = "<<protocol>>"
"""What a written dialogue, or a caller, puts in the place of a reply that was said in fixed, reviewed words."""
SAID_IN_A_CRISIS = "I have shown you who can help at once. I am still here."
NOTHING_HEARD = "..."
MOST_EXCHANGES = 8
"""Exchanges a caller should send at most, the last one included; dialogues trained on have three to twelve."""
MOST_FACTS = 5
BANDS = ("closed", "wary", "open")


class Persona(StrEnum):
    """Whom an example, or a request, speaks as. A neutral person is a client in nobody's difficulty."""

    CLIENT = "client"
    NEUTRAL = "neutral"
    COMPANION = "companion"
    THERAPIST = "therapist"


SYSTEM = {
    Persona.CLIENT: "You are {name}, {age}, a client talking with a therapist. {who}{facts}\n"
    "Answer as the brackets say. Say only what {short} says out loud.",
    Persona.COMPANION: "You are a companion, a program that listens to somebody who seeks support. "
    "Answer as the brackets say, in two short sentences.",
    Persona.THERAPIST: "You are a therapist who listens well. Answer the client in one or two short sentences.",
}
"""By persona; a neutral person is described as any client is."""


@dataclass(frozen=True)
class ClientPersona:
    """`who`: one to three sentences in the third person, what they are, why they are here and how they talk. `facts`:
    short, true things that must not be contradicted; the first MOST_FACTS are told."""

    name: str
    age: int
    who: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exchange:
    """What was heard, and what was said to it; `said` is empty in the last one where that is asked for. `tag` is from
    `client_tag` or `companion_tag`; empty where how this was answered is not known."""

    heard: str
    said: str = ""
    tag: str = ""


def client_tag(act: str, band: str) -> str:
    """How a client answers: an act of `acts.toml` in plain words, and how open they are. KeyError for another act,
    ValueError for another band."""
    if band not in BANDS:
        raise ValueError(f"a band is one of {', '.join(BANDS)}")
    return f"{band}: {acts()[act].does}"


def companion_tag(plan: str) -> str:
    """How the companion answers: a plan of `plans.toml` in plain words. KeyError for another."""
    return plans()[plan].label.lower()


def client_messages(persona: ClientPersona, talk: Sequence[Exchange]) -> tuple[Message, ...]:
    """The client's form. `talk` is oldest first; where its last exchange has nothing said, that reply is asked for."""
    facts = "; ".join(persona.facts[:MOST_FACTS])
    system = SYSTEM[Persona.CLIENT].format(
        name=persona.name,
        short=persona.name.split()[0],
        age=persona.age,
        who=persona.who.strip(),
        facts=f" True: {facts}." if facts else "",
    )
    return (Message(Role.SYSTEM, system), *_turns(talk))


def companion_messages(talk: Sequence[Exchange]) -> tuple[Message, ...]:
    """The companion's form, as `client_messages`; `PROTOCOL` as what was said stands for any fixed words."""
    return (Message(Role.SYSTEM, SYSTEM[Persona.COMPANION]), *_turns(talk))


def therapist_messages(talk: Sequence[Exchange]) -> tuple[Message, ...]:
    """The form of a therapist's words, learned beside the companion's; nobody plans them, so that they have no tag."""
    return (Message(Role.SYSTEM, SYSTEM[Persona.THERAPIST]), *_turns(talk))


def _turns(talk: Sequence[Exchange]) -> Iterator[Message]:
    for exchange in talk:
        yield Message(Role.USER, _heard(exchange))
        if exchange.said:
            said = SAID_IN_A_CRISIS if exchange.said == PROTOCOL else exchange.said
            yield Message(Role.ASSISTANT, said.strip())


def _heard(exchange: Exchange) -> str:
    """Brackets that a person types are made round, so that they cannot say how to answer."""
    heard = exchange.heard.strip().replace("[", "(").replace("]", ")") or NOTHING_HEARD
    return f"{heard} [{exchange.tag}]" if exchange.tag else heard
