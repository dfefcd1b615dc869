"""Rows that speak side by side: each joins with a prompt, gains a piece of text a step, and leaves.

Below the queue and above the model: knows tokens and text, nothing of sentences, candidates, deadlines or callers. One
thread uses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import DynamicCache, PreTrainedTokenizerBase

from inference.engine.loader import LoadedModel
from inference.engine.prompt import Prompt
from inference.engine.sampling import row_generator, sample
from inference.engine.slots import Slots
from inference.engine.style import Sampling

_BROKEN = "\ufffd"
"""How a decoder shows a character whose bytes are not all there yet."""


@dataclass(frozen=True)
class RowPiece:
    """What row `row` gained in a step; a row with `ended` ("stop", "length") has already left."""

    row: int
    text: str
    ended: str = ""


@dataclass
class _Row:
    number: int
    chance: torch.Generator
    sampling: Sampling
    max_tokens: int
    said: list[int] = field(default_factory=list)
    text: str = ""


class Batch:
    """`add` runs a prompt once and starts one row for each seed; `step` moves every row by one token."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self._slots = Slots()
        self._rows: list[_Row] = []
        self._numbers = 0

    @property
    def rows(self) -> int:
        return len(self._rows)

    @torch.inference_mode()
    def add(
        self, prompt: Prompt, *, seeds: Sequence[int], sampling: Sampling, max_tokens: int
    ) -> tuple[list[int], list[RowPiece]]:
        """The numbers of the rows started, in the order of the seeds, and their first pieces."""
        ids = torch.tensor([prompt.ids], device=self.model.device)
        cache = DynamicCache()
        output = self.model.network(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        self._slots.add(cache, copies=len(seeds), room=max_tokens)
        started = [
            _Row(self._numbers + n, row_generator(seed), sampling, max_tokens) for n, seed in enumerate(seeds)
        ]
        self._numbers += len(seeds)
        self._rows += started
        logits = output.logits[0, -1]
        pieces = [self._say(row, logits) for row in started]
        self._leave(pieces)
        return [row.number for row in started], pieces

    @torch.inference_mode()
    def step(self) -> list[RowPiece]:
        """One token for every row; nothing to do with no rows."""
        if not self._rows:
            return []
        cache, positions, mask = self._slots.next_step()
        last = [row.said[-1] for row in self._rows]
        last += last[:1] * (len(positions) - len(last))
        ids = torch.tensor(last, device=self.model.device)[:, None]
        output = self.model.network(
            input_ids=ids, past_key_values=cache, attention_mask=mask, position_ids=positions, use_cache=True
        )
        pieces = [self._say(row, output.logits[n, -1]) for n, row in enumerate(self._rows)]
        self._leave(pieces)
        return pieces

    @torch.inference_mode()
    def drop(self, numbers: Sequence[int]) -> None:
        """Free rows; those that have already left are passed over."""
        for number in numbers:
            places = [place for place, row in enumerate(self._rows) if row.number == number]
            for place in places:
                self._slots.remove(place)
                self._rows[place] = self._rows[-1]
                self._rows.pop()

    def _leave(self, pieces: Sequence[RowPiece]) -> None:
        self.drop([piece.row for piece in pieces if piece.ended])

    def _say(self, row: _Row, logits: torch.Tensor) -> RowPiece:
        token = sample(logits, seen=row.said, sampling=row.sampling, chance=row.chance)
        if token in self.model.ends:
            return RowPiece(row.number, self._new_text(row, whole=True), "stop")
        row.said.append(token)
        ended = "length" if len(row.said) >= row.max_tokens else ""
        return RowPiece(row.number, self._new_text(row, whole=bool(ended)), ended)

    def _new_text(self, row: _Row, *, whole: bool) -> str:
        text = decode(self.model.tokenizer, row.said)
        if text.endswith(_BROKEN):
            if not whole:
                return ""
            text = text.rstrip(_BROKEN)
        gained, row.text = text[len(row.text) :], text
        return gained


def decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
