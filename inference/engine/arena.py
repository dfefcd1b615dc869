"""The keys and values of every row on a card: one block of memory that never moves, so that a step can be recorded.

A row has a slot of its own from beginning to end, and those speaking have the first ones without gaps; a prompt is read
in a slot beside them and copied to each of its rows when it is whole. That takes more memory than `blocks`, where rows
share a prompt, and keeps every address and shape. Whether pages of keys and values would be quicker on a card was not
measured: in plain torch they have to be gathered in every layer. Knows positions and shapes, not what the tokens are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from inference.engine.attention import as_mask, product
from inference.engine.weights import Shape
from inference.errors import ModelError

READERS = 16
"""Prompts that may be in reading at once; others wait for a slot."""
LEAST_POSITIONS = 512
POSITIONS_STEP = 64
CARD_SHARE = 0.45
"""Of the memory that is free once the weights are there: a model that takes over needs as much while both are."""
PREFIX_SHARE = 1 / 8
"""Of that, for prompts read before."""


@dataclass(frozen=True)
class Room:
    """`rows` may speak at once, each of at most `positions` tokens of prompt and reply; bytes for prompts read
    before."""

    rows: int
    positions: int
    prefix_bytes: int


def room_for(
    shape: Shape,
    dtype: torch.dtype,
    *,
    rows: int,
    context: int,
    free_bytes: int | None = None,
    share: float = CARD_SHARE,
) -> Room:
    """As long a slot as memory allows for all rows, at most `context`. A ModelError below LEAST_POSITIONS, or the
    context where that is less. `free_bytes` None asks the card."""
    if free_bytes is None:
        torch.cuda.empty_cache()  # what this process let go counts as free too
        free_bytes = torch.cuda.mem_get_info()[0]
    ours = int(free_bytes * share)
    prefix_bytes = int(ours * PREFIX_SHARE)
    most = (ours - prefix_bytes) // (slots_for(rows) * shape.position_bytes(dtype))
    positions = min(context, most // POSITIONS_STEP * POSITIONS_STEP)
    if positions < min(context, LEAST_POSITIONS):
        raise ModelError(
            f"the card has no memory for {rows} rows beside the model: {free_bytes / 1e9:.1f} GB are free; lower "
            "PIXELATED_WORKER_ROWS, or choose a smaller model or PIXELATED_QUANTISE=8bit"
        )
    return Room(rows, positions, prefix_bytes)


def slots_for(rows: int) -> int:
    return rows + READERS + 1


class Arena:
    """`layers[n]` `[2, slots, heads, positions, head]`, keys at 0 and values at 1: rows, then readers, then the slot
    that is nobody's, where rows that only fill a recorded step write."""

    def __init__(self, shape: Shape, room: Room, *, dtype: torch.dtype, device: torch.device) -> None:
        self.rows, self.positions = room.rows, room.positions
        size = (2, slots_for(room.rows), shape.shared_heads, room.positions, shape.head)
        self.layers = [torch.zeros(size, dtype=dtype, device=device) for _ in range(shape.layers)]
        self.readers = range(room.rows, room.rows + READERS)
        self.nobodys = room.rows + READERS

    @property
    def bytes(self) -> int:
        return sum(layer.nbytes for layer in self.layers)

    def copy(self, source: int, targets: slice, length: int) -> None:
        for layer in self.layers:
            layer[:, targets, :, :length] = layer[:, source : source + 1, :, :length]

    def fill(self, slot: int, pieces: Sequence[torch.Tensor]) -> int:
        """Pieces `[layers, 2, heads, positions, head]` from the first position on; how many positions they fill."""
        done = 0
        for piece in pieces:
            end = done + piece.shape[3]
            for layer, part in zip(self.layers, piece, strict=True):
                layer[:, slot, :, done:end] = part
            done = end
        return done

    def piece(self, slot: int, first: int, end: int) -> torch.Tensor:
        """A copy of positions [first, end), as `fill` takes them."""
        return torch.stack([layer[:, slot, :, first:end] for layer in self.layers])


@dataclass(frozen=True)
class SlotRows:
    """The first tokens of a step, one for each of the first rows: `slot` `[rows]` is where each writes, `position`
    `[rows]` where in it; all look at the first positions of the first slots, as many as `mask` `[rows, 1, 1, past]`
    has."""

    arena: Arena
    slot: torch.Tensor
    position: torch.Tensor
    mask: torch.Tensor
    first: int = 0

    @property
    def end(self) -> int:
        return len(self.slot)

    def look(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """As `Speaking.look`."""
        keys, values = self.arena.layers[layer]
        keys[self.slot, :, self.position] = key
        values[self.slot, :, self.position] = value
        past = self.mask.shape[3]
        scores = product(query, keys[: self.end, :, :past].mT).float().add_(self.mask)
        return product(scores.softmax(3).to(value.dtype), values[: self.end, :, :past])


def slot_rows(arena: Arena, slot: torch.Tensor, position: torch.Tensor, past: int) -> SlotRows:
    seen = torch.arange(past, device=position.device)[None] <= position[:, None]
    return SlotRows(arena, slot, position, as_mask(seen)[:, None, None])
