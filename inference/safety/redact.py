"""Takes personal data out of a text and leaves every word that a crisis may be read by.

Replaces, does not judge: what personal data is comes in as spans, what is a crisis the screen says. A redacted text is
less than anonymous: it keeps what somebody tells, and towns, workplaces and events can tell who they are.
"""

import re
from collections.abc import Collection, Sequence

from inference.safety.pii.spans import Span
from inference.safety.screen import SCORES, screen

KEPT_FROM = SCORES["moderate"]
"""The severity from which a crisis finding must still be made on the redacted text."""


def redact(text: str, spans: Sequence[Span], *, keep: Collection[str] = ()) -> str:
    """`text` with each span replaced by its kind in brackets ("[name]"), but for the kinds in `keep`.

    A span is cut around every phrase that the crisis screen names, and what is left of it is replaced on both sides (a
    number inside a phrase is no part of what the phrase says and is replaced).
    Where a finding of at least moderate severity would be lost all the same, marks give way one by one, from the
    nearest to the lost phrase: to a mark without a word ("[phone] is about to die" reads as an idiom), then to one that
    keeps the shape ("00000 000000"), and last to the words that stood there."""
    screening = screen(text)
    phrases = [(f.start, f.end) for f in screening.findings if f.start is not None and f.end is not None]
    pieces = _cut(text, [span for span in _apart(spans) if span.kind not in keep], phrases)
    given_way = [0] * len(pieces)
    needed = {
        (f.detector, f.kind): f.start or 0 for f in reversed(screening.findings) if f.score >= KEPT_FROM
    }
    while True:
        redacted = _replaced(
            text, [(p, _marks(text, p)[way]) for p, way in zip(pieces, given_way, strict=True)]
        )
        lost = needed.keys() - _found(redacted) if needed else set()
        can = [at for at, way in enumerate(given_way) if way < _LAST]
        if not lost or not can:
            return redacted
        first = min(needed[finding] for finding in lost)
        given_way[min(can, key=lambda at: (given_way[at], _distance(pieces[at], first)))] += 1


_LAST = 3
_SHAPE = re.compile(r"[^\W_]")


def _marks(text: str, piece: Span) -> tuple[str, ...]:
    """What may stand for a piece, best first; the last is the piece itself."""
    words = text[piece.start : piece.end].strip()
    shape = _SHAPE.sub(lambda letter: "0" if letter.group().isdigit() else "x", words)
    return (f"[{piece.kind}]", "[_]", f"[{shape}]", words)


def _found(text: str) -> set[tuple[str, str]]:
    return {(f.detector, f.kind) for f in screen(text).findings if f.score >= KEPT_FROM}


def _apart(spans: Sequence[Span]) -> list[Span]:
    """In order, none over another: of two that overlap the first is kept whole and the other begins behind it."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start = max(span.start, kept[-1].end) if kept else span.start
        if start < span.end:
            kept.append(Span(span.kind, start, span.end, span.score, span.why))
    return kept


def _cut(text: str, spans: Sequence[Span], phrases: Sequence[tuple[int, int]]) -> list[Span]:
    """The spans without the characters of `phrases`, but for numbers inside one."""
    pieces: list[Span] = []
    for span in spans:
        start = span.start
        for low, high in sorted(phrases):
            if high <= start or low >= span.end:
                continue
            inside = low <= span.start and span.end <= high
            if inside and any(letter.isdigit() for letter in text[span.start : span.end]):
                continue
            if low > start:
                pieces.append(Span(span.kind, start, low, span.score, span.why))
            start = max(start, high)
        if start < span.end:
            pieces.append(Span(span.kind, start, span.end, span.score, span.why))
    return pieces


def _replaced(text: str, pieces: Sequence[tuple[Span, str]]) -> str:
    """The text with each piece's mark in its place; a piece of nothing but blanks and marks stays as it is."""
    written: list[str] = []
    reached = 0
    for piece, mark in pieces:
        words = text[piece.start : piece.end]
        if not any(letter.isalnum() for letter in words):
            continue
        lead = len(words) - len(words.lstrip())
        tail = len(words) - len(words.rstrip())
        written += [text[reached : piece.start + lead], mark]
        reached = piece.end - tail
    return "".join([*written, text[reached:]])


def _distance(piece: Span, at: int) -> int:
    return max(piece.start - at, at - piece.end, 0)
