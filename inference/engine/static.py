"""Rows of our own step on a card: what `rows.OwnRows` is on a processor, with memory that never moves.

A step in which everybody speaks is played from a recording; one that reads prompts as well runs as it is, for their
many tokens keep the card busy. Token ids in, logits out. One thread uses it.

How much of a prompt to read beside rows that speak was not measured on a card.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from inference.engine.arena import Arena, Room, SlotRows, slot_rows
from inference.engine.attention import Reading, reading
from inference.engine.decoder import Decoder
from inference.engine.graphs import Again, CardRecorder, Inputs, Record, Steps
from inference.engine.lora import LowRank, deltas_for
from inference.engine.prefixes import Prefixes
from inference.engine.rows import READ_SHARE, Start
from inference.engine.weights import Weights

READ_BESIDE = 512
"""Prompt tokens of one step while rows speak. More, READ_SHARE of what waits, when many came at once."""
READ_ALONE = 2048
"""While nobody does, and at most."""


@dataclass(eq=False)
class _Prompt:
    """The first `done` of its tokens are in slot `slot`, -1 before it has one; `waiting` rows join when all are."""

    start: Start
    waiting: list[int]
    slot: int = -1
    done: int = 0
    rows: int = 0

    @property
    def adapter_key(self) -> str:
        return self.start.adapter.checksum if self.start.adapter else ""


@dataclass(eq=False)
class _Row:
    number: int
    prompt: _Prompt
    said: list[int] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.prompt.start.ids) + len(self.said)


@dataclass(frozen=True)
class _Speak:
    """Logits behind rows of one token each. Apart from the rows, which then hold it and are not held by it: their
    memory goes back with them, at once."""

    arena: Arena
    decoder: Decoder

    def __call__(self, inputs: Inputs, past: int) -> torch.Tensor:
        ids, positions, slots = inputs.numbers
        parts = [slot_rows(self.arena, slots, positions, past)]
        everyone = torch.arange(len(ids), device=ids.device)
        return self.decoder.run(ids, positions, parts, everyone, inputs.changes)


class StaticRows:
    """`Rows` in a Room. Row n of `_rows` has slot n. `record` keeps steps; None runs each as it is."""

    def __init__(
        self, weights: Weights, *, dtype: torch.dtype, room: Room, record: Record | None = None
    ) -> None:
        self._weights = weights
        self._device = weights.embedding.device
        self._arena = Arena(weights.shape, room, dtype=dtype, device=self._device)
        self._decoder = Decoder(weights, dtype=dtype, longest=room.positions)
        self.steps = Steps(
            _Speak(self._arena, self._decoder),
            record=record,
            device=self._device,
            most_rows=room.rows,
            most_past=room.positions,
            vocabulary=len(weights.embedding),
            nobodys=self._arena.nobodys,
        )
        self.prefixes = Prefixes(room.prefix_bytes)
        self._rows: list[_Row] = []
        self._unread: deque[_Prompt] = deque()
        self._readers = list(self._arena.readers)

    @property
    def bytes(self) -> int:
        return self._arena.bytes

    def fits(self, start: Start) -> bool:
        taken = len(self._rows) + sum(len(prompt.waiting) for prompt in self._unread)
        long_enough = len(start.ids) + start.room <= self._arena.positions
        return long_enough and taken + len(start.rows) <= self._arena.rows

    def start(self, start: Start) -> None:
        self._unread.append(_Prompt(start, list(start.rows)))

    @torch.inference_mode()
    def step(self, last: Mapping[int, int]) -> tuple[list[int], torch.Tensor | None]:
        read = self._to_read()
        ids = [last[row.number] for row in self._rows]
        positions = [row.length for row in self._rows]
        adapters = [row.prompt.start.adapter for row in self._rows]
        if read:
            logits = self._mixed(ids, positions, adapters, read)
        elif ids:
            logits = self.steps.step(ids, positions, adapters)
        else:
            return [], None
        for row, token in zip(self._rows, ids, strict=True):
            row.said.append(token)
        numbers = [row.number for row in self._rows]
        sources = list(range(len(numbers)))
        whole = [prompt for prompt, part in read if self._has_read(prompt, part)]
        for source, prompt in enumerate(whole, start=len(numbers)):
            joined = self._join(prompt)
            numbers += joined
            sources += [source] * len(joined)
        if not numbers:
            return [], None
        return numbers, logits if not whole else logits[torch.tensor(sources, device=self._device)]

    @torch.inference_mode()
    def remove(self, number: int) -> None:
        slot = next((slot for slot, row in enumerate(self._rows) if row.number == number), None)
        if slot is None:
            self._leave_waiting(number)
            return
        row, last = self._rows[slot], self._rows[-1]
        row.prompt.rows -= 1
        if not row.prompt.rows:
            self._keep((*row.prompt.start.ids, *row.said), row.prompt, slot)
        if row is not last:
            self._arena.copy(len(self._rows) - 1, slice(slot, slot + 1), last.length)
            self._rows[slot] = last
        self._rows.pop()

    def _mixed(
        self,
        ids: list[int],
        positions: list[int],
        adapters: list[LowRank | None],
        read: Sequence[tuple[_Prompt, Reading]],
    ) -> torch.Tensor:
        """Logits behind the rows and behind each prompt that becomes whole."""
        parts: list[SlotRows | Reading] = []
        if ids:
            slots = torch.arange(len(ids), device=self._device)
            written = torch.tensor(positions, device=self._device)
            parts.append(slot_rows(self._arena, slots, written, max(positions) + 1))
        wanted = list(range(len(ids)))
        for prompt, part in read:
            end = part.start + part.end - part.first
            parts.append(part)
            ids = ids + list(prompt.start.ids[part.start : end])
            positions = positions + list(range(part.start, end))
            adapters = adapters + [prompt.start.adapter] * (end - part.start)
            if end == len(prompt.start.ids):
                wanted.append(len(ids) - 1)
        numbers = (torch.tensor(each, device=self._device) for each in (ids, positions))
        wanted_here = torch.tensor(wanted, device=self._device, dtype=torch.long)
        return self._decoder.run(*numbers, parts, wanted_here, deltas_for(adapters, self._device))

    def _to_read(self) -> list[tuple[_Prompt, Reading]]:
        """What of the prompts is read in this step, the oldest first."""
        waiting = sum(len(prompt.start.ids) - prompt.done for prompt in self._unread)
        left = min(READ_ALONE, max(READ_BESIDE, int(waiting * READ_SHARE))) if self._rows else READ_ALONE
        parts, first = [], len(self._rows)
        for prompt in self._unread:
            if not left or (prompt.slot < 0 and not self._readers):
                break
            if prompt.slot < 0:
                prompt.slot = self._readers.pop()
                known = self.prefixes.find(prompt.start.ids, adapter=prompt.adapter_key)
                prompt.done = self._arena.fill(prompt.slot, known)
            tokens = min(left, len(prompt.start.ids) - prompt.done)
            part = reading(self._arena.layers, prompt.slot, first=first, start=prompt.done, tokens=tokens)
            parts.append((prompt, part))
            left, first = left - tokens, first + tokens
        return parts

    def _has_read(self, prompt: _Prompt, part: Reading) -> bool:
        prompt.done += part.end - part.first
        return prompt.done == len(prompt.start.ids)

    def _join(self, prompt: _Prompt) -> list[int]:
        """The rows that waited for a prompt, each with a copy of it in the next slots."""
        self._unread.remove(prompt)
        self._keep(prompt.start.ids, prompt, prompt.slot)
        first, joined = len(self._rows), prompt.waiting
        self._arena.copy(prompt.slot, slice(first, first + len(joined)), len(prompt.start.ids))
        self._rows += [_Row(number, prompt) for number in joined]
        prompt.rows, prompt.waiting = len(joined), []
        self._free(prompt)
        return joined

    def _keep(self, ids: Sequence[int], prompt: _Prompt, slot: int) -> None:
        self.prefixes.keep(
            ids, lambda first, end: self._arena.piece(slot, first, end), adapter=prompt.adapter_key
        )

    def _leave_waiting(self, number: int) -> None:
        for prompt in [prompt for prompt in self._unread if number in prompt.waiting]:
            prompt.waiting.remove(number)
            if not prompt.waiting:
                self._unread.remove(prompt)
                self._free(prompt)

    def _free(self, prompt: _Prompt) -> None:
        if prompt.slot >= 0:
            self._readers.append(prompt.slot)
            prompt.slot = -1


def card_rows(weights: Weights, *, dtype: torch.dtype, room: Room) -> StaticRows:
    """With recorded steps; on a processor, for tests, recorded as a processor can."""
    record = CardRecorder() if weights.embedding.is_cuda else Again
    return StaticRows(weights, dtype=dtype, room=room, record=record)
