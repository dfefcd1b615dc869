"""Who words the replies that are measured: a seam, so that tests use a script and measurements the product's engine.

Knows how a context is asked (the adapter's form, or plain words for a bare model), not what speaks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from inference.contracts import Message, Person, ReplyRequest, Role
from inference.evaluation.adapters.contexts import Context, seed_of
from inference.persona import Exchange, client_messages, companion_messages
from inference.vocabulary import acts, plans

MAX_SEGMENTS = 2
"""As authors' replies have; the product asks the bundled model for one of a client, and for two of the companion."""
CANDIDATES = 4
"""As the product asks for a reply."""
DEADLINE_S = 300.0
"""A measurement waits as long as the machine needs; how long that was is a figure."""

Form = Callable[[Context], tuple[Message, ...]]


@dataclass(frozen=True)
class Spoken:
    """What was said, and how long it took; None where nobody timed it."""

    text: str
    first_ms: int | None = None
    total_ms: int | None = None
    tokens: int = 0


class Speaker(Protocol):
    def speak(self, context: Context) -> Spoken:
        """A reply to the context; an empty text where none came. The same context gets the same reply."""


@dataclass(frozen=True)
class Likelihood:
    """How a model expects the author's reply: the sum of its tokens' negative log-likelihoods in nats."""

    nats: float
    tokens: int


class Scorer(Protocol):
    def score(self, context: Context) -> Likelihood: ...


def adapter_form(context: Context) -> tuple[Message, ...]:
    """As adapters are trained and served."""
    if context.client is not None:
        return client_messages(context.client, context.talk)
    return companion_messages(context.talk)


def bare_form(context: Context) -> tuple[Message, ...]:
    """The same asked in plain words, for a model that never saw the adapter's form."""
    return (Message(Role.SYSTEM, _plain_system(context)), *_plain_turns(context.talk))


def reply_request(context: Context, form: Form, *, candidates: int = CANDIDATES) -> ReplyRequest:
    return ReplyRequest(
        request_id=context.id[:64],
        persona=context.person,
        messages=form(context),
        limits=context.limits(),
        seed=seed_of(context),
        candidates=candidates,
        max_segments=MAX_SEGMENTS,
        first_words_deadline_s=DEADLINE_S,
        deadline_s=DEADLINE_S,
    )


def _plain_system(context: Context) -> str:
    if context.person is Person.COMPANION:
        return (
            "You are a companion, a program that listens to somebody who seeks support.\n"
            f"{plans()[context.label].instruction} One or two short sentences."
        )
    client = context.client
    assert client is not None
    facts = f"True about you: {'; '.join(client.facts)}.\n" if client.facts else ""
    return (
        f"You are {client.name}, {client.age}, the client. You are talking to a therapist.\n{client.who}\n{facts}"
        f"{acts()[context.label].instruction} One or two short sentences. Only what you say out loud."
    )


def _plain_turns(talk: tuple[Exchange, ...]) -> tuple[Message, ...]:
    turns = []
    for exchange in talk:
        turns.append(Message(Role.USER, exchange.heard or "..."))
        if exchange.said:
            turns.append(Message(Role.ASSISTANT, exchange.said))
    return tuple(turns)
