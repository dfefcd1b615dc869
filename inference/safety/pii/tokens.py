"""Cuts a text into words, numbers, marks and line ends that remember where they stood. Linear; knows no meaning."""

import re
from dataclasses import dataclass

_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u2206])"
_TOKEN = re.compile(
    rf"(?P<word>{_LETTER}+(?:['’\-]{_LETTER}+)*)|(?P<number>\d+)|(?P<line>\n)|(?P<mark>[^\w\s])"
)
_OWNS = ("'s", "’s")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, number, line or mark. `lower` is the word in lower case with straight apostrophes, without a
    possessive 's; `end` leaves that 's out too. `gap` is true where whitespace stands before."""

    kind: str
    text: str
    lower: str
    start: int
    end: int
    gap: bool

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
        if kind == "word" and piece.endswith(_OWNS):
            piece, end = piece[:-2], end - 2
        lower = piece.lower().replace("’", "'") if kind == "word" else piece
        found.append(Token(kind, piece, lower, start, end, gap))
    return found
