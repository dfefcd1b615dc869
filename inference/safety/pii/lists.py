"""The word lists the rules lean on, read once: names of many cultures, ordinary words, things that have capitals.

A list says what a word can be, not what it is here: "Hope" is a name, a place and a word.
"""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "data"


@cache
def words(name: str) -> frozenset[str]:
    """The lines of `data/<name>.txt` in lower case, comments left out."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.lower() for line in lines if line and not line.startswith("#"))


def given_names() -> frozenset[str]:
    return words("given_names")


def family_names() -> frozenset[str]:
    return words("family_names")


def ordinary_words() -> frozenset[str]:
    return words("ordinary_words")


def things() -> frozenset[str]:
    return words("things")
