"""Rows of a model whose kind our own step does not know, by transformers' forward: each prompt whole, one a step.

The same seam as `rows.OwnRows`, slower: no prefixes are kept, prompts are not read in parts, no adapters.
"""

from collections import deque
from collections.abc import Mapping

import torch
from transformers import DynamicCache, PreTrainedModel

from inference.engine.rows import MOST_BYTES, Start
from inference.engine.slots import GROW, Slots


class BorrowedRows:
    def __init__(self, network: PreTrainedModel, *, most_bytes: int = MOST_BYTES) -> None:
        self._network = network
        self._slots = Slots()
        self._speaking: list[tuple[int, Start]] = []
        self._unread: deque[Start] = deque()
        self._dropped: set[int] = set()
        config = network.config.get_text_config(decoder=True)
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        per_token = 2 * config.num_hidden_layers * heads * head * network.dtype.itemsize
        self._most_positions = most_bytes // per_token

    def fits(self, start: Start) -> bool:
        starts = [*(own for _, own in self._speaking), *(own for own in self._unread for _ in own.rows)]
        starts += [start] * len(start.rows)
        longest = max(len(own.ids) + own.room for own in starts)
        return len(starts) * (longest + GROW) <= self._most_positions

    def start(self, start: Start) -> None:
        self._unread.append(start)

    @torch.inference_mode()
    def step(self, last: Mapping[int, int]) -> tuple[list[int], torch.Tensor | None]:
        logits = [] if not self._speaking else [self._advance([last[number] for number, _ in self._speaking])]
        numbers = [number for number, _ in self._speaking]
        if self._unread:
            start = self._unread.popleft()
            logits.append(self._read(start).expand(len(start.rows), -1))
            self._speaking += [(number, start) for number in start.rows]
            numbers += start.rows
        gone = [number for number in numbers if number in self._dropped]
        if not numbers:
            return [], None
        kept = [place for place, number in enumerate(numbers) if number not in self._dropped]
        result = torch.cat(logits)[kept]
        for number in gone:
            self._dropped.discard(number)
            self.remove(number)
        return [number for number in numbers if number not in gone], result if kept else None

    @torch.inference_mode()
    def remove(self, number: int) -> None:
        if any(number in start.rows for start in self._unread):
            self._dropped.add(number)
            self._forget_unwanted()
            return
        for place in [place for place, (own, _) in enumerate(self._speaking) if own == number]:
            self._slots.remove(place)
            self._speaking[place] = self._speaking[-1]
            self._speaking.pop()

    def _forget_unwanted(self) -> None:
        for start in [start for start in self._unread if self._dropped.issuperset(start.rows)]:
            self._unread.remove(start)
            self._dropped.difference_update(start.rows)

    def _advance(self, last: list[int]) -> torch.Tensor:
        cache, positions, mask = self._slots.next_step()
        last = last + last[:1] * (len(positions) - len(last))
        output = self._network(
            input_ids=torch.tensor(last, device=self._network.device)[:, None],
            past_key_values=cache,
            attention_mask=mask,
            position_ids=positions,
            use_cache=True,
        )
        return output.logits[: len(self._speaking), -1].float()

    def _read(self, start: Start) -> torch.Tensor:
        """The prompt's last logits `[1, vocabulary]`, its rows being in the slots."""
        cache = DynamicCache()
        ids = torch.tensor([start.ids], device=self._network.device)
        output = self._network(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        self._slots.add(cache, copies=len(start.rows), room=start.room)
        return output.logits[:, -1].float()
