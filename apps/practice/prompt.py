"""What a language model is asked so that it words one reply of the client: who speaks, the mood, the act, the talk.

The act, the mood and what may be told are decided already; the model is only to find words. Asked twice
over: in plain words that any model can follow (short sentences, the one instruction last, the author's own lines as
examples of the voice), and in the form of the client's adapter. Whoever speaks reads one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.conf import settings

from apps.encounters.fitting import newest_lines, newest_talk
from apps.practice.dynamics import Reaction
from apps.practice.state import ClientState
from apps.practice.wording import voice_examples
from apps.scenarios.case import Case, Fact
from inference.contracts import Adapted, Message, Person, ReplyRequest, Role, WordingLimits
from inference.persona import (
    FORM_VERSION,
    MOST_EXCHANGES,
    ClientPersona,
    Exchange,
    Persona,
    client_messages,
    client_tag,
)
from inference.vocabulary import acts

HISTORY_TURNS = 4
EXAMPLES = 2
EXEMPLARS = 12
MAX_SEGMENTS = 2
SMALL_MODEL_SEGMENTS = 1
"""Of the bundled model. Of 63 replies by its adapter that one of us read, 38 first sentences fitted what was said, and
6 of 36 that followed them."""
FIRST_WORDS_S = 5.0
"""Longer than a person thinks before answering; after it the author's line is said instead."""
MOST_FACTS = 6
MOST_BELIEFS = 1
MAX_WORDS = 45
SHORT_WORDS = 3

History = Sequence[tuple[str, str]]
"""(therapist, client) oldest first; the client's opening stands beside an empty therapist's text."""

# Each dimension that colours how the client speaks, when low, middling and high.
_MOODS = {
    "trust": (
        "You do not trust this therapist.",
        "You are not sure about this therapist.",
        "You have come to trust this therapist.",
    ),
    "discord": (
        "There is no quarrel between you.",
        "You are a little annoyed.",
        "You are angry about how this goes.",
    ),
    "arousal": ("You are calm, nearly flat.", "You are uneasy.", "You are wound up."),
    "readiness": (
        "You see no reason to change.",
        "You are in two minds about changing.",
        "You want to change something.",
    ),
}
_MIDDLE_FROM, _HIGH_FROM = 35, 60

# What a therapist says before an example of the voice, by the code the client answers.
_CUES_FOR_EXAMPLES = {
    "GI": "People often find it changes over time.",
    "Persuade": "I think you should try something else.",
    "PersuadeWith": "If you are open to it, one thing to try would be a small step.",
    "Q": "Can you tell me about it?",
    "SR": "So that is how it has been.",
    "CR": "It has been weighing on you more than you show.",
    "AF": "That took something.",
    "Seek": "Would it be all right to talk about it?",
    "Emphasize": "It is your choice, nobody else's.",
    "Confront": "You are not being honest with yourself.",
    "none": "All right.",
}


def reply_request(
    case: Case,
    reaction: Reaction,
    *,
    history: History,
    text: str,
    seed: int,
    request_id: str,
) -> ReplyRequest:
    """The request for this reaction. `history` is the branch before this turn, `text` the therapist's turn."""
    examples = _examples(case, reaction, text)
    near = newest_talk(history)
    return ReplyRequest(
        request_id=request_id,
        persona="client",
        messages=(
            Message(Role.SYSTEM, system_text(case, reaction, text=text)),
            *_as_turns(_CUES_FOR_EXAMPLES[reaction.heard.lead], examples),
            *_said(near),
            Message(Role.USER, text.strip() or "..."),
        ),
        adapted=Adapted(
            adapter=Persona.CLIENT,
            form=FORM_VERSION,
            messages=adapter_messages(case, reaction, history=near, text=text),
            strays_from=settings.STRAYS_FROM[Persona.CLIENT],
        ),
        limits=replace(
            wording_limits(case, history=history, avoid=(*examples, text)),
            exemplars=voice_examples(case, reaction, text=text, most=EXEMPLARS),
            strays_from=settings.STRAYS_FROM["bare"],
            planned=reaction.act,
        ),
        max_segments=SMALL_MODEL_SEGMENTS if settings.BUNDLED_MODEL else MAX_SEGMENTS,
        first_words_deadline_s=FIRST_WORDS_S,
        seed=(seed * 1009 + reaction.n) % 2**31,
    )


def adapter_messages(case: Case, reaction: Reaction, *, history: History, text: str) -> tuple[Message, ...]:
    """The form of `inference.persona`. The acts that the branch remembers stand in the history as they stood when they
    were asked for; the band is the present one, as a client's moves slowly."""
    person = case.person
    facts = [fact for fact in _relevant_facts(case, reaction) if not fact.startswith("age:")]
    persona = ClientPersona(
        name=person.name,
        age=person.age,
        who=f"{case.setting} Talks like this: {person.voice}",
        facts=((reaction.gate.fact,) if reaction.gate else ()) + tuple(facts),
    )
    earlier = history[-(MOST_EXCHANGES - 1) :]
    remembered = reaction.memory.acts[:-1][-len(earlier) :] if earlier else ()
    known = ("",) * (len(earlier) - len(remembered)) + remembered
    talk = [
        Exchange(heard, said, client_tag(act, reaction.band) if act and heard else "")
        for (heard, said), act in zip(earlier, known, strict=True)
        if said
    ]
    return client_messages(persona, [*talk, Exchange(text, tag=client_tag(reaction.act, reaction.band))])


def wording_limits(case: Case, *, history: History, avoid: Sequence[str]) -> WordingLimits:
    """What the client's words must keep to: the case's facts, the names in it, no late reply again, and not the words
    of `avoid` (examples and the therapist's own); those of three words or fewer anybody may say."""
    people = case.facts.get("people")
    return WordingLimits(
        speaker=case.person.name,
        person=Person.CLIENT,
        max_words=MAX_WORDS,
        facts=_plain(case.facts),
        other_names=tuple(people) if isinstance(people, Mapping) else (),
        earlier=newest_lines([client for _, client in history]),
        avoid=tuple(entry for entry in avoid if len(entry.split()) > SHORT_WORDS),
    )


def system_text(case: Case, reaction: Reaction, *, text: str) -> str:
    """Who speaks, what is true, the mood and the one thing to do, as one paragraph a line."""
    person = case.person
    lines = [
        f"You are {person.name}, {person.age}, the client. You are talking to a therapist.",
        case.setting,
        f"How you talk: {person.voice}",
        f"True about you: {'; '.join(_relevant_facts(case, reaction))}.",
        " ".join(_beliefs(case, reaction)),
        mood(reaction.state),
        f"If you say anything, say this, in your own words: {reaction.gate.fact}" if reaction.gate else "",
        f"{acts()[reaction.act].instruction} One or two short sentences. Only what you say out loud.",
    ]
    return "\n".join(line for line in lines if line)


def mood(state: ClientState) -> str:
    """The state in plain words, second person."""
    return " ".join(_in_words(getattr(state, key), words) for key, words in _MOODS.items())


def _in_words(value: int, words: tuple[str, str, str]) -> str:
    low, middle, high = words
    return low if value < _MIDDLE_FROM else middle if value < _HIGH_FROM else high


def _examples(case: Case, reaction: Reaction, text: str) -> tuple[str, ...]:
    if reaction.gate is not None:
        return reaction.gate.lines[:EXAMPLES]
    return voice_examples(case, reaction, text=text, most=EXAMPLES)


def _as_turns(therapist: str, examples: Sequence[str]) -> Iterator[Message]:
    for example in examples:
        yield Message(Role.USER, therapist)
        yield Message(Role.ASSISTANT, example)


def _said(history: History) -> Iterator[Message]:
    for therapist, client in history[-HISTORY_TURNS:]:
        yield Message(Role.USER, therapist or "Hello. What would you like to talk about?")
        yield Message(Role.ASSISTANT, client or "...")


def _relevant_facts(case: Case, reaction: Reaction) -> list[str]:
    """Facts as `key: value`, those about the topics first, the author's order otherwise."""
    words = {word for topic in case.topics if topic.id in reaction.topics for word in topic.words}
    facts = [
        f"{key.replace('_', ' ')}: {_fact_text(value)}"
        for key, value in case.facts.items()
        if key != "people"
    ]
    people = case.facts.get("people")
    if isinstance(people, Mapping):
        facts += [f"{name}: {relation}" for name, relation in people.items()]
    facts.sort(key=lambda fact: not any(word in fact.lower() for word in words))
    return facts[:MOST_FACTS]


def _fact_text(value: Fact) -> str:
    if isinstance(value, tuple):
        return ", ".join(_fact_text(entry) for entry in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_fact_text(entry)}" for key, entry in value.items())
    return str(value)


def _beliefs(case: Case, reaction: Reaction) -> list[str]:
    words = {word for topic in case.topics if topic.id in reaction.topics for word in topic.words}
    beliefs = sorted(case.story.beliefs, key=lambda belief: not any(word in belief.lower() for word in words))
    return [f"You think: {belief}" for belief in beliefs[:MOST_BELIEFS]]


def _plain(facts: Mapping[str, Fact]) -> dict[str, object]:
    """The facts as plain JSON shapes."""
    return {
        key: _plain(value)
        if isinstance(value, Mapping)
        else list(value)
        if isinstance(value, tuple)
        else value
        for key, value in facts.items()
    }
