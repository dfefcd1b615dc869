"""The sentence that a reading rests on."""

import torch

from inference.encoder.decisive import decisive
from inference.encoder.tokens import Piece

TEXT = "We moved in May. I wrote the letters last night. The cat is fine."


def piece_of(text: str) -> Piece:
    spans, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        spans.append((start, start + len(word)))
        at = start + len(word)
    return Piece((101, *range(1, len(spans) + 1), 102), (0,) * (len(spans) + 2), ((0, 0), *spans, (0, 0)))


def test_decisive_names_the_sentence_with_most_attention() -> None:
    piece = piece_of(TEXT)
    weights = torch.tensor([0.1 if 17 <= start < 47 else 0.01 for start, _ in piece.spans])

    place = decisive(TEXT, piece, weights)

    assert place is not None
    assert TEXT[slice(*place)] == "I wrote the letters last night."


def test_decisive_counts_no_attention_on_others_words() -> None:
    piece = Piece((101, 5, 102, 6, 102), (0, 0, 0, 1, 1), ((0, 0), (0, 0), (0, 0), (0, 2), (0, 0)))

    assert decisive("ok", piece, torch.tensor([0.9, 0.9, 0.9, 0.01, 0.9])) == (0, 2)


def test_decisive_finds_nothing_in_no_words() -> None:
    assert decisive("", Piece((101, 102), (0, 0), ((0, 0), (0, 0))), torch.tensor([0.5, 0.5])) is None
