"""Whom a caller wants to hear from: said outright, or read from the words by a table, or abstained from.

Pure. A rule of thumb that was measured on nothing but its own table of cases: it states no confidence where it guesses,
and it decides whose manner answers, never what is safe (`exchange.mode_of`).
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "personas.toml"
MODEL_PREFIX = "pixelated"


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
    """`client` is the slug of a client of the library where one was named."""

    persona: Persona
    how: How
    client: str = ""

    @property
    def confidence(self) -> float | None:
        """1 where the caller said it; None where it was guessed, as nothing measured how often that is right."""
        return 1.0 if self.how is How.EXPLICIT else None


@dataclass(frozen=True)
class _Row:
    named: frozenset[str]
    asks: tuple[re.Pattern[str], ...]


@cache
def _table() -> Mapping[Persona, _Row]:
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        persona: _Row(
            frozenset(document[persona]["named"]),
            tuple(re.compile(_any_of(phrases)) for phrases in document[persona]["asks"]),
        )
        for persona in Persona
    }


def _any_of(phrases: Sequence[str]) -> str:
    return r"(?<!\w)(?:" + "|".join(map(re.escape, phrases)) + r")(?!\w)"


def named_persona(name: str) -> Choice | None:
    """The persona of this name (`companion`, `practice`, `practice:marcus-bell`); None where no persona has it."""
    word, _, client = name.strip().lower().replace("-", "_", 0).partition(":")
    word = word.replace(" ", "_").replace("-", "_")
    for persona, row in _table().items():
        if word in row.named and (not client or persona is Persona.CLIENT):
            return Choice(persona, How.EXPLICIT, client)
    return None


def inferred_persona(texts: Sequence[str]) -> Choice:
    """The persona that the words ask for. What fits none or several gets the companion, as abstained."""
    said = " ".join(texts).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    fits = [persona for persona, row in _table().items() if all(asks.search(said) for asks in row.asks)]
    if len(fits) == 1:
        return Choice(fits[0], How.INFERRED)
    return Choice(Persona.COMPANION, How.ABSTAINED)
