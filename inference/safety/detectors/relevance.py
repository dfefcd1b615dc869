"""How much a reply has to do with what was said, by its words: a documented measure, no judgement of its worth.

coherence = (shared + helping) / content: of the reply's content words, the share that stand (by stem) in what the other
said before or in a list of words of helping talk (`helping_words.txt`); "you" counts as one such word. 0-1; 1 where a
reply has no content words ("Mm. Go on."). It knows no meaning: a reply may share every word and miss the point, and a
good image may share none, so that only a reply of several words with hardly any of them counts against it.
"""

import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "helping_words.txt"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENDINGS = (
    "fulness",
    "ingly",
    "iness",
    "ness",
    "ings",
    "edly",
    "ing",
    "ies",
    "ied",
    "ed",
    "es",
    "ly",
    "s",
    "y",
    "e",
)
_LONGEST = 4_000
"""Characters of either text that are looked at."""


def content_words(text: str) -> list[str]:
    """The stems of the words that carry something, in order, repeated as often as they stand there."""
    found = (match.group().lower().replace("’", "'") for match in _WORD.finditer(text[:_LONGEST]))
    return [stem(word) for word in found if word.partition("'")[0] not in _function_words()]


def coherence(reply: str, said: str) -> float:
    """The measure, 0-1. `said`: what the other said before, the last message first in weight and all the same here."""
    content = content_words(reply)
    if not content:
        return 1.0
    near = set(content_words(said)) | _helping_stems()
    addressed = int(
        any(word.lower() in ("you", "your", "yours", "yourself") for word in _WORD.findall(reply))
    )
    return min(1.0, (sum(word in near for word in content) + addressed) / (len(content) + addressed))


def stem(word: str) -> str:
    """A word without its ending, at least three letters; "dying", "dies" and "died" meet only by the list."""
    word = word.partition("'")[0]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


@cache
def _parts() -> tuple[frozenset[str], frozenset[str]]:
    helping, _, function = _FILE.read_text(encoding="utf-8").partition("# Words that carry nothing")
    lines = [
        [word for line in part.splitlines() if not line.startswith("#") for word in line.split()]
        for part in (helping, "#" + function)
    ]
    return frozenset(stem(word) for word in lines[0]), frozenset(lines[1])


def _helping_stems() -> frozenset[str]:
    return _parts()[0]


def _function_words() -> frozenset[str]:
    return _parts()[1]
