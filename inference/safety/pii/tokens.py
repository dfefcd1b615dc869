"""Cuts a text into words, numbers, marks and line ends that remember where they stood. Linear; knows no meaning."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u2206])"
_TOKEN = re.compile(
    rf"(?P<word>{_LETTER}+(?:['’\-]{_LETTER}+)*)|(?P<number>\d+)|(?P<line>\n)|(?P<mark>[^\w\s])"
)
_OWNS = ("'s", "’s")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, number, line or mark. `lower` is the word in lower case with straight apostrophes, without a
    possessive 's; `end` leaves that 's out too, `spoken` has it. `gap` is true where whitespace stands before."""

    kind: str
    text: str
    lower: str
    start: int
    end: int
    gap: bool
    spoken: str

    @property
    def capital(self) -> bool:
        return self.kind == "word" and self.text[0].isupper()

    @property
    def shouted(self) -> bool:
        return self.kind == "word" and len(self.text) > 1 and self.text.isupper()


def tokens(text: str) -> list[Token]:
    """Every token of `text` in order; underscores and whitespace but line ends are none."""
    found: list[Token] = []
    reached = -1
    for match in _TOKEN.finditer(text):
        kind, piece, start, end = match.lastgroup or "mark", match.group(), match.start(), match.end()
        gap, reached = start != reached, end
        spoken = piece.lower().replace("’", "'")
        if kind == "word" and piece.endswith(_OWNS):
            piece, end = piece[:-2], end - 2
            lower = spoken[:-2]
        else:
            lower = spoken
        found.append(Token(kind, piece, lower, start, end, gap, spoken))
    return found


def masked(parts: Sequence[Token], taken: Sequence[tuple[int, int]]) -> list[Token]:
    """The tokens with each stretch of `taken` ([start, end), in order, apart) as one token of the kind "taken"."""
    kept: list[Token] = []
    spans = iter(taken)
    span = next(spans, None)
    for token in parts:
        while span is not None and span[1] <= token.start:
            span = next(spans, None)
        if span is None or token.end <= span[0]:
            kept.append(token)
        elif not kept or kept[-1].kind != "taken" or kept[-1].end != span[1]:
            kept.append(Token("taken", "\0", "\0", span[0], span[1], True, "\0"))
    return kept
