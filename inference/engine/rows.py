"""Rows of our own step: prompts are read in parts beside the rows that speak, and join them when they are whole.

Above the blocks and the decoder, below the sampling: token ids in, logits out. `Rows` is what `generate` asks of either
this or transformers' forward (`borrowed`). One thread uses it.

Why not transformers' own batching: measured beside it in one run, `python -m inference bench`, three turns a chat, the
bundled model, two cores of an EPYC with AVX-512 VNNI and no AMX. Tokens a second at 1 / 4 / 16 / 32 chats: this step
25.7 / 66.2 / 125.6 / 128.4, transformers' batching 19.2 / 33.0 / 47.0 / 34.7, plain generate 16.6 / 33.4 / 57.5 / 65.4,
llama.cpp's server 62.1 / 88.5 / 84.0 / 83.3; p95 of the first token at 16: 1.8, 4.0, 10.5 and 5.8 s. At 100, where
transformers' batching took too long: 90.8, generate 58.4, llama.cpp's server, in twice the memory, 85.9.

A row's words should not depend on its neighbours. Measured with the bundled model in whole numbers: 12 of 12 replies of
32 tokens came out word for word alone as among eleven others. In exact numbers it was not measured.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from inference.engine.attention import Reading, Speaking, reading, speaking
from inference.engine.blocks import Block, Group, Row, capacity_for, own_positions
from inference.engine.decoder import Decoder
from inference.engine.lora import LowRank, deltas_for
from inference.engine.prefixes import Prefixes
from inference.engine.setting import Setting
from inference.engine.weights import Weights

READ_BESIDE = 128
"""Prompt tokens of one step while rows speak, so that nobody stutters: on one core 60 ms beside a step's 20-50. More,
READ_SHARE of what waits, when many came at once."""
READ_SHARE = 1 / 8
READ_ALONE = 256
"""While nobody speaks, and at most. Beyond some hundred tokens a step gains nothing, and takes memory."""
LONGEST_REPLY = 4096 + 1024
"""Positions of the longest prompt and four candidates: a model whose keys and values are large can have it alone."""
PREFIX_BYTES = Setting.talk_bytes // 4
"""For what was read before, at least; it has what the blocks do not take as well."""
MOST_BYTES = Setting.talk_bytes - PREFIX_BYTES
"""For the blocks."""


@dataclass(frozen=True)
class Start:
    """A prompt and the numbers of the rows that begin with it, each of at most `room` tokens."""

    ids: tuple[int, ...]
    rows: tuple[int, ...]
    room: int
    adapter: LowRank | None = None


class Rows(Protocol):
    def fits(self, start: Start) -> bool:
        """Whether there is memory for it beside what is there."""

    def start(self, start: Start) -> None: ...

    def step(self, last: Mapping[int, int]) -> tuple[list[int], torch.Tensor | None]:
        """Feed every speaking row its last token, and read on; the rows that have logits, `[rows, vocabulary]`, among
        them those whose prompt has become whole. None where no row has."""

    def remove(self, number: int) -> None:
        """Free a row, also one that still waits for its prompt."""


class OwnRows:
    def __init__(
        self,
        weights: Weights,
        *,
        dtype: torch.dtype,
        prefixes: Prefixes | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._weights, self._dtype = weights, dtype
        self._decoder = Decoder(weights, dtype=dtype)
        self.prefixes = Prefixes(PREFIX_BYTES) if prefixes is None else prefixes
        self._together = most_bytes + self.prefixes.most_bytes
        self._least_for_prefixes = self.prefixes.most_bytes
        self._most_positions = most_bytes // weights.shape.position_bytes(dtype)
        self._blocks: dict[int, Block] = {}
        self._unread: deque[Group] = deque()
        self._rows: dict[int, Row] = {}

    @property
    def bytes(self) -> int:
        return sum(block.bytes for block in self._blocks.values())

    def fits(self, start: Start) -> bool:
        capacity = capacity_for(len(start.ids))
        taken = 0
        for size in {capacity, *self._blocks}:
            block = self._blocks.get(size)
            groups = list(block.groups) if block else []
            rooms = [group.room for group in groups for _ in range(group.rows + len(group.waiting))]
            if size == capacity:
                rooms += [start.room] * len(start.rows)
            taken += size * (len(groups) + (size == capacity)) + len(rooms) * own_positions(
                max(rooms, default=0)
            )
        return taken <= self._most_positions

    @torch.inference_mode()
    def start(self, start: Start) -> None:
        group = Group(start.ids, list(start.rows), start.room, start.adapter)
        block = self._block(capacity_for(len(start.ids)))
        block.open(group, self.prefixes.find(start.ids, adapter=_key(group)))
        self._unread.append(group)

    @torch.inference_mode()
    def step(self, last: Mapping[int, int]) -> tuple[list[int], torch.Tensor | None]:
        ids: list[int] = []
        positions: list[int] = []
        adapters: list[LowRank | None] = []
        parts: list[Speaking | Reading] = []
        read: list[tuple[Group, Reading]] = []
        for block in self._blocks.values():
            if block.rows:
                parts.append(speaking(block, len(ids)))
                ids += [last[row.number] for row in block.rows]
                positions += [len(row.group.ids) + len(row.said) for row in block.rows]
                adapters += [row.group.adapter for row in block.rows]
        spoken = len(ids)
        wanted = list(range(spoken))
        for group, part in self._parts_to_read(spoken):
            end = part.start + part.end - part.first
            parts.append(part)
            read.append((group, part))
            ids += group.ids[part.start : end]
            positions += range(part.start, end)
            adapters += [group.adapter] * (end - part.start)
            if end == len(group.ids):
                wanted.append(len(ids) - 1)
        if not ids:
            return [], None
        logits = self._run(ids, positions, parts, wanted, adapters)
        advanced = self._advance(read, last, logits)
        self.prefixes.allow(max(self._least_for_prefixes, self._together - self.bytes))
        return advanced

    @torch.inference_mode()
    def remove(self, number: int) -> None:
        row = self._rows.pop(number, None)
        if row is None:
            self._leave_waiting(number)
            return
        block = self._block(capacity_for(len(row.group.ids)))
        group = row.group
        if group.rows == 1:
            self.prefixes.keep(
                (*group.ids, *row.said),
                lambda first, end: block.piece(row, group, first, end),
                adapter=_key(group),
            )
        block.leave(row)
        if not group.rows:
            self._close(block, group)

    def _run(
        self,
        ids: Sequence[int],
        positions: Sequence[int],
        parts: Sequence[Speaking | Reading],
        wanted: Sequence[int],
        adapters: Sequence[LowRank | None],
    ) -> torch.Tensor:
        device = self._weights.embedding.device
        numbers = (torch.tensor(each, device=device, dtype=torch.long) for each in (ids, positions))
        return self._decoder.run(
            *numbers,
            parts,
            torch.tensor(wanted, device=device, dtype=torch.long),
            deltas_for(adapters, device),
        )

    def _parts_to_read(self, spoken: int) -> list[tuple[Group, Reading]]:
        waiting = sum(len(group.ids) - group.done for group in self._unread)
        left = min(READ_ALONE, max(READ_BESIDE, int(waiting * READ_SHARE))) if spoken else READ_ALONE
        parts, first = [], spoken
        for group in self._unread:
            tokens = min(left, len(group.ids) - group.done)
            if tokens:
                block = self._block(capacity_for(len(group.ids)))
                place = block.groups.index(group)
                part = reading(block.prompts, place, first=first, start=group.done, tokens=tokens)
                parts.append((group, part))
            left, first = left - tokens, first + tokens
        return parts

    def _advance(
        self, read: Sequence[tuple[Group, Reading]], last: Mapping[int, int], logits: torch.Tensor
    ) -> tuple[list[int], torch.Tensor | None]:
        """Note what is in the blocks by the step; the rows with logits, those that joined once for each."""
        numbers: list[int] = []
        sources: list[int] = []
        for block in self._blocks.values():
            for row in block.rows:
                row.said.append(last[row.number])
                sources.append(len(sources))
                numbers.append(row.number)
        source = len(sources)
        for group, part in read:
            if self._read(group, part):
                joined = self._block(capacity_for(len(group.ids))).join(group)
                self._rows |= {row.number: row for row in joined}
                numbers += [row.number for row in joined]
                sources += [source] * len(joined)
                source += 1
        if not numbers:
            return [], None
        return numbers, logits[torch.tensor(sources, device=logits.device)]

    def _read(self, group: Group, part: Reading) -> bool:
        """Whether the prompt is whole with it; then it may be found by others."""
        block = self._block(capacity_for(len(group.ids)))
        group.done += part.end - part.first
        if group.done < len(group.ids):
            return False
        self._unread.remove(group)
        self.prefixes.keep(
            group.ids, lambda first, end: block.piece(None, group, first, end), adapter=_key(group)
        )
        return True

    def _leave_waiting(self, number: int) -> None:
        for group in [group for group in self._unread if number in group.waiting]:
            group.waiting.remove(number)
            if not group.waiting:
                self._unread.remove(group)
                self._close(self._block(capacity_for(len(group.ids))), group)

    def _close(self, block: Block, group: Group) -> None:
        block.close(group)
        if not block.groups:
            del self._blocks[block.capacity]

    def _block(self, capacity: int) -> Block:
        if capacity not in self._blocks:
            device = self._weights.embedding.device
            self._blocks[capacity] = Block(self._weights.shape, capacity, dtype=self._dtype, device=device)
        return self._blocks[capacity]


def _key(group: Group) -> str:
    return group.adapter.checksum if group.adapter else ""
