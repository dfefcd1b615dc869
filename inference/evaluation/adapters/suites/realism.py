"""Whether the replies read like somebody's: how long, how varied, how much of it was said before.

Figures of form; what sounds true is for readers (`rubrics.toml`). A figure far from the author's is a question.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from inference.contracts import Person
from inference.evaluation.adapters.measured import mean_of, share_of
from inference.evaluation.adapters.measured import measured as as_measured
from inference.evaluation.adapters.replies import Material, Reply
from inference.evaluation.figures import Figure
from inference.models.gate import Better, Measured

NAME = "realism"
PERSONS = tuple(Person)
VERSION = "realism 1"
OPENING_WORDS = 2
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def measured(material: Material) -> list[Measured]:
    replies, written = material.replies, material.written
    return [
        *_form(replies, ""),
        *_form(written, ", as written"),
        _repeats(replies, "", Better.LOWER),
        _repeats(written, ", as written", Better.NEITHER),
        share_of(
            NAME,
            "same as another reply",
            _doubles(replies),
            replies,
            better=Better.LOWER,
            level="conversation",
        ),
    ]


def _form(replies: Sequence[Reply], added: str) -> list[Measured]:
    texts = [_words(reply.text) for reply in replies]
    figures = [mean_of(NAME, f"words in a reply{added}", [len(text) for text in texts], replies)]
    figures += [_plain(f"distinct-{n}{added}", distinct(texts, n), replies) for n in (1, 2, 3)]
    openings = Counter(" ".join(text[:OPENING_WORDS]) for text in texts if text)
    most = openings.most_common(1)[0][1] / len(texts) if openings else None
    return [*figures, _plain(f"share of the commonest opening{added}", most, replies)]


def distinct(texts: Sequence[Sequence[str]], n: int) -> float | None:
    """Different n-grams over all n-grams, 0-1; falls as texts grow in number, so that only equal numbers compare."""
    grams = [tuple(text[at : at + n]) for text in texts for at in range(len(text) - n + 1)]
    return len(set(grams)) / len(grams) if grams else None


def _plain(name: str, value: float | None, replies: Sequence[Reply]) -> Measured:
    """A figure of all replies together: drawing some twice would make them repeat, so it has no interval."""
    rounded = None if value is None else float(np.round(value, 4))
    return as_measured(NAME, Figure(name, rounded, None, None, len(replies)))


def _repeats(replies: Sequence[Reply], added: str, better: Better) -> Measured:
    hits = ["repetition" in reply.kinds() for reply in replies]
    return share_of(NAME, f"repeats itself or an earlier reply{added}", hits, replies, better=better)


def _doubles(replies: Sequence[Reply]) -> list[bool]:
    said = Counter(" ".join(_words(reply.text)) for reply in replies)
    return [said[" ".join(_words(reply.text))] > 1 for reply in replies]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
