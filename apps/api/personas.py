"""Whom a caller wants to hear from: said outright, or read from the words, or abstained from, and then the companion.

Pure. What is read decides whose manner answers, never what is safe (`exchange.mode_of`), and where a crisis is heard
nothing is read: the companion answers. How often the reading is right is in `inference/insight/persona/card.md`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from inference.insight.persona import MOST_TEXTS, read_persona
from inference.safety.screen import CRISIS_KINDS, SCORES, screen

FILE = Path(__file__).parent / "personas.toml"
MODEL_PREFIX = "pixelated"
MOST_CHARACTERS = 4_000
"""Of each message, its end: as much of an earlier one as the screen and the reader look at. What is answered is never
longer, and is screened whole before anything is said."""
CRISIS_FROM = SCORES["moderate"]
"""The screen's score from which a finding is a crisis, as its labels define one."""


class Persona(StrEnum):
    COMPANION = "companion"
    CLIENT = "client"
    EDUCATION = "education"


class How(StrEnum):
    EXPLICIT = "explicit"
    INFERRED = "inferred"
    ABSTAINED = "abstained"


@dataclass(frozen=True)
class Choice:
    """`client` is the slug of a client of the library where one was named; `chance` the probability that was read."""

    persona: Persona
    how: How
    client: str = ""
    chance: float | None = None

    @property
    def confidence(self) -> float | None:
        """1 where the caller said it, the probability where it was read, None where a rule decided or nothing did."""
        return 1.0 if self.how is How.EXPLICIT else self.chance


@cache
def _names() -> Mapping[Persona, frozenset[str]]:
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {persona: frozenset(document[persona]["named"]) for persona in Persona}


def named_persona(name: str) -> Choice | None:
    """The persona of this name (`companion`, `practice`, `practice:marcus-bell`); None where no persona has it."""
    word, _, client = name.strip().lower().partition(":")
    word = word.replace(" ", "_").replace("-", "_")
    for persona, names in _names().items():
        if word in names and (not client or persona is Persona.CLIENT):
            return Choice(persona, How.EXPLICIT, client)
    return None


def inferred_persona(texts: Sequence[str]) -> Choice:
    """The persona that a caller's own messages, oldest first, ask for. A crisis in any of them is for the companion.
    Takes tens of milliseconds where they are long: not for the event loop."""
    texts = [text[-MOST_CHARACTERS:] for text in texts[-MOST_TEXTS:]]
    if any(_in_crisis(text) for text in texts):
        return Choice(Persona.COMPANION, How.INFERRED)
    reading = read_persona(texts)
    if reading.abstained:
        return Choice(Persona.COMPANION, How.ABSTAINED)
    return Choice(Persona(reading.likeliest), How.INFERRED, chance=reading.confidence)


def heeding(choice: Choice, *, crisis: bool) -> Choice:
    """The choice once everything was heard: a crisis overrules what was only read, never what the caller said."""
    if crisis and choice.how is not How.EXPLICIT:
        return Choice(Persona.COMPANION, How.INFERRED)
    return choice


def _in_crisis(text: str) -> bool:
    found = screen(text).findings
    return any(finding.kind in CRISIS_KINDS and finding.score >= CRISIS_FROM for finding in found)
