"""Which sentence of a text a head attended to most: what it rested on, told in the person's own words.

Attention is where the head looked, not a proof of why it answered; the explanation on the page says so.
"""

import re

from torch import Tensor

from inference.encoder.tokens import Piece

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def decisive(text: str, piece: Piece, weights: Tensor) -> tuple[int, int] | None:
    """[start, end) of the sentence that holds most of the attention (tokens,) of `piece`; None where there is none."""
    best, most = None, 0.0
    places = [
        (span, float(weight)) for span, weight in zip(piece.spans, weights, strict=False) if span != (0, 0)
    ]
    at = 0
    for match in _SENTENCE.finditer(text):
        held = 0.0
        while at < len(places) and places[at][0][0] < match.end():
            held += places[at][1]
            at += 1
        if held > most and match.group().strip():
            most = held
            best = (match.start() + len(match.group()) - len(match.group().lstrip()), match.end())
    return best
