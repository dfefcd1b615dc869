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


_INFLECTED = ("ies", "es", "s", "ed", "ing", "er", "ers")


def sort_of(word: str) -> str:
    """What the lists say of a word in lower case: "given" or "family" name; "word" (a name that is a word too);
    "place" (a name that is a thing too: Sydney, June); "thing", "ordinary", or "" for one they do not know."""
    given = word in given_names()
    if word in things():
        return "place" if given else "thing"
    if given or word in family_names():
        if word in ordinary_words() or word in words("also_words"):
            return "word"
        return "given" if given else "family"
    if word in ordinary_words() or _made_of_ordinary(word):
        return "ordinary"
    halves = word.split("-")
    return "given" if len(halves) == 2 and halves[0] in given_names() else ""


def _made_of_ordinary(word: str) -> bool:
    """Contractions, words joined by a hyphen, plurals and other endings of ordinary words."""
    if len(word) < 2:
        return word in "ai"
    pieces = word.split("-")
    head, apostrophe, _ = word.partition("'")
    if apostrophe and len(pieces) == 1:
        return head in ordinary_words() or head == "i"
    if len(pieces) > 1:
        return all(len(piece) < 2 or piece in ordinary_words() or "i'" in piece[:2] for piece in pieces)
    for ending in _INFLECTED:
        stem = word.removesuffix(ending)
        if (
            stem != word
            and len(stem) > 2
            and (stem in ordinary_words() or stem + "e" in ordinary_words() or stem + "y" in ordinary_words())
        ):
            return True
    return False
