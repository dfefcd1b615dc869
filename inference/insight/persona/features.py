"""What the reader of personas sees in a message: its words, their kinds and how they stand together, as named numbers.

Knows no weights and no personas. What stands in quotation marks is told from what the writer says, because a learner
who quotes a client must not be read as one. The kinds are in `words.toml`.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

VERSION = "features 1"
KINDS_FILE = Path(__file__).parent / "words.toml"
MOST_CHARACTERS = 4_000
"""Of a text, its end: the last words say what is wanted."""
STRUCTURE = 0.3
"""Weight of one structural number beside the words, which have length 1 together."""
_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+|[?!…\"]|\.\.\.")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'"})
_QUOTED = "q_"


def features(text: str) -> dict[str, float]:
    """Number by name; empty for a text without a word."""
    plain = text[-MOST_CHARACTERS:].lower().translate(_PLAIN)
    tokens = _tokens(plain)
    if not any(token[-1].isalnum() for token in tokens):
        return {}
    kinds = [kind_of(token) for token in tokens]
    counted = Counter([*(f"w {token}" for token in tokens), *_kinds(kinds), *_sentences(plain)])
    values = {name: 1 + math.log(times) for name, times in counted.items()}
    length = math.sqrt(sum(value * value for value in values.values()))
    return {name: value / length for name, value in values.items()} | {
        name: STRUCTURE * value for name, value in _structure(plain, tokens, kinds).items()
    }


def _tokens(plain: str) -> list[str]:
    """Words, numbers as "#", and marks; a word between quotation marks begins with `q_`."""
    found, quoted = [], False
    for token in _TOKEN.findall(plain):
        if token == '"':
            quoted = not quoted
            found.append(token)
            continue
        found.append((_QUOTED if quoted else "") + ("#" if token.isdigit() else token))
    return found


def kind_of(token: str) -> str:
    """The kind of a word, "?" and "!" as they are, "q" for any quoted one, "-" for a word of no kind."""
    if token.startswith(_QUOTED):
        return "q"
    whole, beginnings = _table()
    if token in whole:
        return whole[token]
    if not token[0].isalpha():
        return token
    return next((kind for start, kind in beginnings if token.startswith(start)), "-")


@cache
def _table() -> tuple[Mapping[str, str], Sequence[tuple[str, str]]]:
    whole: dict[str, str] = {}
    beginnings: list[tuple[str, str]] = []
    for kind, words in tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))["kinds"].items():
        for word in words.split():
            if word.endswith("*"):
                beginnings.append((word[:-1], kind))
            else:
                whole.setdefault(word, kind)
    return whole, beginnings


def _kinds(kinds: Sequence[str]) -> Iterator[str]:
    """Sequences of kinds, those of nothing but unknown words left out."""
    edged = ["^", *kinds, "$"]
    for size in (2, 3):
        for at in range(len(edged) - size + 1):
            stretch = edged[at : at + size]
            if sum(kind != "-" for kind in stretch) >= size - 1:
                yield f"k{size} {' '.join(stretch)}"


def _sentences(plain: str) -> Iterator[str]:
    """How every sentence begins and ends."""
    for sentence in _SENTENCE.split(plain):
        if tokens := _tokens(sentence):
            yield f"begins {tokens[0]}"
            yield f"begins {' '.join(map(kind_of, tokens[:3]))}"
            yield f"ends {tokens[-1]}"


def _structure(plain: str, tokens: Sequence[str], kinds: Sequence[str]) -> dict[str, float]:
    """Who is spoken of, how much is asked, how long it is; 0-1 each."""
    own = [kind for kind in kinds if kind != "q"]
    times = Counter(own)
    count = max(len(own), 1)
    me, you = times["me"] + times["my"], times["you"] + times["your"]
    numbers = {f"has {kind}": 1.0 for kind in times if kind.isalpha()}
    numbers |= {f"much {kind}": min(1.0, 4 * times[kind] / count) for kind in times if kind.isalpha()}
    numbers |= {
        "more me": float(me > you),
        "more you": float(you > me),
        "neither": float(not me and not you),
        "me alone": float(me > 0 and not you),
        "you alone": float(you > 0 and not me),
        "asked at the end": float(plain.rstrip('" )').endswith("?")),
        "questions": min(1.0, times["?"] / 2),
        "quotes": float('"' in tokens),
        "tiny": float(count <= 4),
        "short": float(4 < count <= 10),
        "long": float(count > 45),
    }
    return numbers
