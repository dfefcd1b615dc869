"""What was read before and may come again: keys and values of a conversation so far, by its exact tokens.

Kept in pieces of PIECE tokens, each hanging from the one before it, so that conversations that begin alike share their
beginning; the least recently used go first. Keys and values are a function of the adapter and the tokens alone, and are
found by all of them exactly, not by a hash: nothing of one conversation can be met in another that did not say it.
Knows no model; one thread uses it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import torch

PIECE = 32
"""Tokens; a conversation grows by a reply and an answer, 40-100 tokens, between two turns."""

_Key = tuple[int, tuple[int, ...]]


class Prefixes:
    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._pieces: OrderedDict[_Key, tuple[int, torch.Tensor]] = OrderedDict()
        self._roots: dict[str, int] = {}
        self._numbers = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._pieces)

    def find(self, ids: Sequence[int], *, adapter: str = "") -> list[torch.Tensor]:
        """Pieces `[layers, 2, heads, PIECE, head]` for the first tokens of `ids`, in order; at least one token is left
        to be read, for its logits are wanted."""
        found, at = [], self._root(adapter)
        for key_ids in _pieces(ids, len(ids) - 1):
            piece = self._pieces.get((at, key_ids))
            if piece is None:
                break
            at = piece[0]
            found.append(piece[1])
        self._touch(ids[: len(found) * PIECE], adapter)
        return found

    def keep(self, ids: Sequence[int], cut: Callable[[int, int], torch.Tensor], *, adapter: str = "") -> None:
        """Remember `ids` in whole pieces; `cut(first, end)` copies those positions out of the cache."""
        at = self._root(adapter)
        for number, key_ids in enumerate(_pieces(ids, len(ids))):
            known = self._pieces.get((at, key_ids))
            if known is None:
                piece = cut(number * PIECE, (number + 1) * PIECE)
                known = (self._next_number(), piece)
                self._pieces[at, key_ids] = known
                self.bytes += piece.nbytes
            at = known[0]
        self._touch(ids, adapter)
        self.allow(self.most_bytes)

    def allow(self, most_bytes: int) -> None:
        """From here on at most so much; what is over goes."""
        self.most_bytes = most_bytes
        while self.bytes > most_bytes:
            _, (_, piece) = self._pieces.popitem(last=False)
            self.bytes -= piece.nbytes

    def _touch(self, ids: Sequence[int], adapter: str) -> None:
        """The last piece first, so that a beginning is always younger than what hangs from it, and goes after it."""
        at, keys = self._root(adapter), []
        for key_ids in _pieces(ids, len(ids)):
            keys.append((at, key_ids))
            at = self._pieces[at, key_ids][0]
        for key in reversed(keys):
            self._pieces.move_to_end(key)

    def _root(self, adapter: str) -> int:
        if adapter not in self._roots:
            self._roots[adapter] = self._next_number()
        return self._roots[adapter]

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers


def _pieces(ids: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    for first in range(0, most - PIECE + 1, PIECE):
        yield tuple(ids[first : first + PIECE])
