"""Cuts a volley into sentences with their offsets, and measures how much one repeats of another's words."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

MAX_CHARACTERS = 8_000
"""A volley is read up to here; ordinary ones have under 1,000 characters."""
_SENTENCE = re.compile(r"[^.!?\n;—]+(?:[.](?=\d)[^.!?\n;—]*)*[.!?;—]*")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_CUES = tomllib.loads((Path(__file__).parent / "behaviour.toml").read_text(encoding="utf-8"))
_EMPTY = frozenset(_CUES["empty"]["words"].split())
_PERSON = {"myself": "yourself", "ourselves": "yourselves", "mine": "yours"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` in lower case with straight apostrophes; offsets in the raw volley; `asks` where it ends with "?"."""

    text: str
    start: int
    end: int
    asks: bool


def sentences(volley: str) -> list[Sentence]:
    """Cut the volley; pieces without a letter fall away."""
    plain = volley[:MAX_CHARACTERS].lower().replace("’", "'").replace("‘", "'")
    if len(plain) != len(volley[:MAX_CHARACTERS]):
        plain = volley[:MAX_CHARACTERS]
    found = []
    for match in _SENTENCE.finditer(plain):
        raw = match.group()
        text = raw.strip()
        if any(character.isalpha() for character in text):
            start = match.start() + len(raw) - len(raw.lstrip())
            found.append(Sentence(text.rstrip(".!?;— -"), start, start + len(text), text.endswith("?")))
    return found


def content(text: str) -> list[str]:
    """The words that carry something, plainly stemmed, as the other speaker would say them."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    return [_stem(_PERSON.get(word, word)) for word in words if word not in _EMPTY]


def overlap(text: str, other: str) -> float:
    """Share of `text`'s content words that `other` holds, 0-1; 0 where it has none."""
    own = content(text)
    theirs = set(content(other))
    return sum(word in theirs for word in own) / len(own) if own else 0.0


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
