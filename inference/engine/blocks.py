"""The keys and values of what is being read and said: a block of memory for prompts of one size.

Candidates of one reply share their prompt: it is kept, and looked at, once for a group of rows; what each row has said
since lies apart. A prompt's block is chosen by its length alone, and looked at whole (what is not filled is masked), so
that a row's neighbours change neither the shapes nor the rounding of its prompt's part. Knows positions and shapes,
not what the tokens are; one thread uses it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from inference.engine.lora import LowRank
from inference.engine.memory import own_zeros
from inference.engine.weights import Shape
from inference.sizes import in_steps, up_to

CAPACITIES = (128, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
"""Prompt positions of a block. Finer steps would waste less memory but split the rows into more products."""
OWN = 64
"""Positions by which the room for what rows say grows."""
_STEPS = ((2, 1), (4, 2), (16, 4), (math.inf, 8))
_MOST_EMPTY = 2048
"""Positions of prompts that nobody has before their places are given up, and _EMPTY_ROWS of rows."""
_EMPTY_ROWS = 16


def capacity_for(length: int) -> int:
    return next((size for size in CAPACITIES if size >= length), length)


def places_for(entries: int) -> int:
    """How many places a block has, or a step computes, for so many groups or rows: few sizes, and the more, the coarser
    they are."""
    return in_steps(entries, _STEPS)


def own_positions(length: int) -> int:
    return up_to(length, OWN)


@dataclass(eq=False)
class Group:
    """A prompt: the first `done` of its `ids` are in the block; `waiting` are the rows that will join when all are."""

    ids: tuple[int, ...]
    waiting: list[int]
    room: int
    adapter: LowRank | None = None
    done: int = 0
    rows: int = 0


@dataclass(eq=False)
class Row:
    """`said` are the tokens whose keys and values are in the block; at most `group.room` will be."""

    number: int
    group: Group
    said: list[int] = field(default_factory=list)


class Block:
    """For each layer `prompts[n]` `[2, groups, heads, capacity, head]` and `own[n]` `[2, rows, heads, positions,
    head]`, keys at 0 and values at 1. Groups and rows have places without gaps; one that leaves is overwritten by the
    last. Layers lie apart so that growing, which copies, never needs the whole twice."""

    def __init__(self, shape: Shape, capacity: int, *, dtype: torch.dtype, device: torch.device) -> None:
        self.capacity = capacity
        self.groups: list[Group] = []
        self.rows: list[Row] = []
        kind = {"dtype": dtype, "device": device}

        def empty(positions: int) -> list[torch.Tensor]:
            size = (2, 0, shape.shared_heads, positions, shape.head)
            return [own_zeros(size, **kind) for _ in range(shape.layers)]

        self.prompts, self.own = empty(capacity), empty(OWN)

    @property
    def device(self) -> torch.device:
        return self.own[0].device

    @property
    def own_positions(self) -> int:
        return self.own[0].shape[3]

    @property
    def bytes(self) -> int:
        return sum(layer.nbytes for layer in (*self.prompts, *self.own))

    def open(self, group: Group, known: Sequence[torch.Tensor]) -> None:
        """Take in a prompt whose first positions are `known`: pieces `[layers, 2, heads, positions, head]`."""
        place = len(self.groups)
        if place == self.prompts[0].shape[1]:
            _resize(self.prompts, places_for(place + 1), self.capacity, taken=place)
        for piece in known:
            end = group.done + piece.shape[3]
            for layer, part in zip(self.prompts, piece, strict=True):
                layer[:, place, :, group.done : end] = part
            group.done = end
        self.groups.append(group)

    def close(self, group: Group) -> None:
        _fill_hole(self.groups, self.groups.index(group), self.prompts)
        kept = places_for(len(self.groups) + max(2, _MOST_EMPTY // self.capacity))
        if kept < self.prompts[0].shape[1]:
            _resize(self.prompts, places_for(len(self.groups)), self.capacity, taken=len(self.groups))

    def join(self, group: Group) -> list[Row]:
        """The rows that waited for the prompt, which is read."""
        joined = [Row(number, group) for number in group.waiting]
        group.rows, group.waiting = len(joined), []
        taken = len(self.rows)
        self.rows += joined
        if len(self.rows) > self.own[0].shape[1]:
            _resize(self.own, places_for(len(self.rows)), self.own_positions, taken=taken)
        return joined

    def leave(self, row: Row) -> None:
        _fill_hole(self.rows, self.rows.index(row), self.own)
        row.group.rows -= 1
        if places_for(len(self.rows) + _EMPTY_ROWS) < self.own[0].shape[1]:
            _resize(self.own, places_for(len(self.rows)), self.own_positions, taken=len(self.rows))

    def make_room(self) -> None:
        """For one more token of every row; what a long row needed goes back some time after it has left."""
        wanted = own_positions(max((len(row.said) + 1 for row in self.rows), default=0))
        if wanted > self.own_positions or 2 * wanted < self.own_positions:
            _resize(self.own, self.own[0].shape[1], wanted, taken=len(self.rows))

    def piece(self, row: Row | None, group: Group, first: int, end: int) -> torch.Tensor:
        """A copy `[layers, 2, heads, positions, head]` of positions [first, end) of a prompt and what the row said
        after it."""
        length, place = len(group.ids), self.groups.index(group)
        read = slice(first, max(first, min(end, length)))
        _, _, heads, _, head = self.own[0].shape
        size = (len(self.own), 2, heads, end - first, head)
        piece = own_zeros(size, dtype=self.own[0].dtype, device=self.device)
        for layer, part in zip(self.prompts, piece, strict=True):
            part[:, :, : read.stop - read.start] = layer[:, place, :, read]
        if row is not None and end > length:
            at, own = self.rows.index(row), slice(max(0, first - length), end - length)
            for layer, part in zip(self.own, piece, strict=True):
                part[:, :, own.start - own.stop :] = layer[:, at, :, own]
        return piece


def _fill_hole(entries: list[Group] | list[Row], place: int, layers: list[torch.Tensor]) -> None:
    last = len(entries) - 1
    if place != last:
        for layer in layers:
            layer[:, place] = layer[:, last]
        entries[place] = entries[last]
    entries.pop()


def _resize(layers: list[torch.Tensor], places: int, positions: int, *, taken: int) -> None:
    """The first `taken` places are somebody's and are copied."""
    for number, old in enumerate(layers):
        size = (2, places, old.shape[2], positions, old.shape[4])
        new = own_zeros(size, dtype=old.dtype, device=old.device)
        shared = (slice(None), slice(taken), slice(None), slice(min(positions, old.shape[3])))
        new[shared] = old[shared]
        layers[number] = new
