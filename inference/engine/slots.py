"""The keys and values of every row that is speaking, in one block of memory for each layer.

Rows join and leave between steps: a row that leaves is overwritten by the last one, so that nothing else moves. Knows
positions and shapes, not what the tokens are.
"""

import torch
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache

GROW = 128
"""Positions are allotted in blocks of this many, so that growing, which copies, is rare."""

FEWEST = 2
"""Rows that always run, and"""
ROUND = 64
"""positions looked at in whole blocks of this many (those not filled are masked). One row alone, or an odd number of
positions, takes another path through the CPU's matrix code with another rounding, and so to other words from the same
seed. Measured in bfloat16: among eleven neighbours 11 of 12 replies came out word for word as alone, without the two
rules 1 of 12."""


class _SlotLayer(CacheLayerMixin):
    """One layer's block, `[rows, heads, positions, size]`, as transformers' attention asks for it."""

    is_sliding = False

    def __init__(self, slots: "Slots", like: torch.Tensor) -> None:
        super().__init__()
        self._slots = slots
        self.keys = like.new_zeros((0, like.shape[1], 0, like.shape[3]))
        self.values = like.new_zeros((0, like.shape[1], 0, like.shape[3]))
        self.is_initialized = True

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing to do: the block was made with the first row."""

    def resize(self, rows: int, positions: int) -> None:
        for name in ("keys", "values"):
            old = getattr(self, name)
            new = old.new_zeros((rows, old.shape[1], positions, old.shape[3]))
            new[: old.shape[0], :, : old.shape[2]] = old
            setattr(self, name, new)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        slots = self._slots
        self.keys[slots.row_index, :, slots.position] = key_states[:, :, 0]
        self.values[slots.row_index, :, slots.position] = value_states[:, :, 0]
        return self.keys[: slots.width, :, : slots.used], self.values[: slots.width, :, : slots.used]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._slots.used, 0

    def get_seq_length(self) -> int:
        return self._slots.used

    def get_max_length(self) -> int:
        return -1


class Slots:
    """Row r has `lengths[r]` positions filled; rows are numbered from 0 without gaps."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.used = 0
        self.row_index = self.position = torch.empty(0, dtype=torch.long)
        self._layers: list[_SlotLayer] = []

    @property
    def rows(self) -> int:
        return len(self.lengths)

    @property
    def width(self) -> int:
        return max(self.rows, FEWEST)

    def add(self, prefilled: DynamicCache, *, copies: int, room: int) -> None:
        """Append `copies` rows that begin as the one prefilled row; each may grow by `room` positions."""
        if not self._layers:
            self._layers = [_SlotLayer(self, layer.keys) for layer in prefilled.layers]
        length, first = prefilled.get_seq_length(), self.rows
        self._reserve(max(first + copies, FEWEST), length + room)
        for slot, source in zip(self._layers, prefilled.layers, strict=True):
            slot.keys[first : first + copies, :, :length] = source.keys
            slot.values[first : first + copies, :, :length] = source.values
        self.lengths += [length] * copies

    def _reserve(self, rows: int, positions: int) -> None:
        had_rows, _, had_positions, _ = self._layers[0].keys.shape
        if rows <= had_rows and positions <= had_positions:
            return
        wanted = max(had_positions, -(-positions // GROW) * GROW)
        for layer in self._layers:
            layer.resize(max(rows, had_rows), wanted)

    def remove(self, row: int) -> None:
        """Free the row; the last row takes its number. The memory goes back when no row is left."""
        last = self.rows - 1
        if row != last:
            length = self.lengths[last]
            for layer in self._layers:
                layer.keys[row, :, :length] = layer.keys[last, :, :length]
                layer.values[row, :, :length] = layer.values[last, :, :length]
        self.lengths[row] = self.lengths[last]
        self.lengths.pop()
        if not self.lengths:
            self._layers = []

    def next_step(self) -> tuple[Cache, torch.Tensor, torch.Tensor]:
        """The cache, position ids `[width, 1]` and mask `[width, 1, 1, used]` with which one more token a row runs.

        `width` is `rows`, or FEWEST with less: what the rows above `rows` compute is nobody's."""
        device = self._layers[0].keys.device
        idle = [0] * (self.width - self.rows)
        self.position = torch.tensor(self.lengths + idle, device=device)
        self.row_index = torch.arange(self.width, device=device)
        self.used = -(-(max(self.lengths) + 1) // ROUND) * ROUND
        seen = torch.arange(self.used, device=device)[None, :] <= self.position[:, None]
        self.lengths = [length + 1 for length in self.lengths]
        return Cache(layers=list(self._layers)), self.position[:, None], seen[:, None, None, :]
