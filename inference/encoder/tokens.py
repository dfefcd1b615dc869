"""Turns messages into what MiniLM reads, keeping for every token where in the text it came from.

A text alone is read in windows, so that the end of a long letter counts as much as its beginning; an exchange is a pair
of what was said last and the answer to it, the answer kept whole as far as it fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from inference.encoder.heads import SHAPES
from inference.errors import ModelError
from inference.safety.pii.lists import family_names, given_names
from inference.sizes import up_to

WINDOW = 192
"""Tokens of one window of a text read alone."""
OVERLAP = 32
MOST_WINDOWS = 6
"""A longer text is read at its beginning and its end: both carry more than the middle (own judgement)."""
SAID_TOKENS = 72
"""Of what was said before, its last tokens."""
ANSWER_TOKENS = 128
STEP = 16
LONGEST_NAME = 40
CLS, SEP, MASK, PAD = 101, 102, 103, 0
"""BERT's uncased vocabulary."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One row for the encoder. `spans`: for every token its [start, end) in the text, (0, 0) for others' words."""

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


def reading_tokenizer(base: Path) -> Tokenizer:
    """The encoder's, that neither pads nor cuts. Raises ModelError where `base` holds none."""
    file = base / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_buffer(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(
            "the encoder's tokenizer cannot be read; run: python -m inference models fetch default"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def windows(tokenizer: Tokenizer, text: str, *, window: int = WINDOW) -> list[Piece]:
    """A text alone, in one or more pieces."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    ids, spans = encoded.ids, encoded.offsets
    size = window - 2
    starts = list(range(0, max(1, len(ids) - OVERLAP), size - OVERLAP)) if len(ids) > size else [0]
    if len(starts) > MOST_WINDOWS:
        half = MOST_WINDOWS // 2
        starts = starts[:half] + starts[-half:]
    return [_single(ids[at : at + size], spans[at : at + size]) for at in starts]


def _single(ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> Piece:
    return Piece((CLS, *ids, SEP), (0,) * (len(ids) + 2), ((0, 0), *spans, (0, 0)))


def exchange(tokenizer: Tokenizer, said: str, answer: str) -> Piece:
    """What was said (its end) and the answer (its beginning and end where it is long)."""
    before = tokenizer.encode(said, add_special_tokens=False).ids[-SAID_TOKENS:]
    encoded = tokenizer.encode(answer, add_special_tokens=False)
    ids, spans = encoded.ids, encoded.offsets
    if len(ids) > ANSWER_TOKENS:
        half = ANSWER_TOKENS // 2
        ids, spans = ids[:half] + ids[-half:], spans[:half] + spans[-half:]
    first = (CLS, *before, SEP)
    return Piece(
        (*first, *ids, SEP),
        (0,) * len(first) + (1,) * (len(ids) + 1),
        (*((0, 0),) * len(first), *spans, (0, 0)),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """A padded batch: ids, kinds and mask, each (rows, tokens) int64."""

    ids: Tensor
    kinds: Tensor
    mask: Tensor


def pad(pieces: Sequence[Piece]) -> Rows:
    """Padded to the next multiple of STEP: every new shape of a batch costs the bf16 kernels a compilation that they
    then keep in memory."""
    longest = up_to(max(len(piece.ids) for piece in pieces), STEP)
    ids = torch.full((len(pieces), longest), PAD)
    kinds = torch.zeros((len(pieces), longest), dtype=torch.long)
    mask = torch.zeros((len(pieces), longest), dtype=torch.long)
    for row, piece in enumerate(pieces):
        size = len(piece.ids)
        ids[row, :size] = torch.tensor(piece.ids)
        kinds[row, :size] = torch.tensor(piece.kinds)
        mask[row, :size] = 1
    return Rows(ids, kinds, mask)


def shape_features(text: str, piece: Piece) -> list[list[float]]:
    """For every token the spelling that an uncased vocabulary loses (SHAPES numbers each): begins with a capital, all
    capitals, has a digit, is digits alone, begins a line, follows a full stop, is written on to the word before, is a
    name people commonly bear."""
    rows = []
    for start, end in piece.spans:
        word = text[start:end]
        before = text[:start].rstrip(" \t")[-1:]
        whole = _whole_word(text, start, end).lower() if word else ""
        rows.append(
            [
                float(word[:1].isupper()),
                float(len(word) > 1 and word.isupper()),
                float(any(letter.isdigit() for letter in word)),
                float(word.isdigit()),
                float(before in ("", "\n")),
                float(before in (".", "!", "?", ":")),
                float(start > 0 and text[start - 1 : start].isalnum()),
                float(whole in given_names() or whole in family_names()),
            ]
            if word
            else [0.0] * SHAPES
        )
    return rows


def _whole_word(text: str, start: int, end: int) -> str:
    """The word around a token, cut where it is longer than a name: scripts without spaces are one long word."""
    first, last = max(0, start - LONGEST_NAME), min(len(text), end + LONGEST_NAME)
    while start > first and text[start - 1].isalpha():
        start -= 1
    while end < last and text[end].isalpha():
        end += 1
    return text[start:end]
