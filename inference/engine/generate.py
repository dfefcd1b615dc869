"""Rows that speak side by side: each joins with a prompt, gains a piece of text a step, and leaves.

Below the queue and above the model: knows tokens and text, nothing of sentences, candidates, deadlines or callers. One
thread uses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from inference.engine.borrowed import BorrowedRows
from inference.engine.loader import LoadedModel
from inference.engine.prefixes import Prefixes
from inference.engine.prompt import Prompt
from inference.engine.rows import LONGEST_REPLY, OwnRows, Rows, Start
from inference.engine.sampling import Wish, row_generator, sample
from inference.engine.saying import Saying
from inference.engine.static import card_rows
from inference.engine.style import Sampling


@dataclass(frozen=True)
class RowPiece:
    """What row `row` gained in a step; a row with `ended` ("stop", "length") has already left."""

    row: int
    text: str
    ended: str = ""


@dataclass
class _Row:
    chance: torch.Generator
    sampling: Sampling
    max_tokens: int
    saying: Saying
    said: list[int] = field(default_factory=list)


class Batch:
    """`add` takes in a prompt and starts one row for each seed; `step` moves every row by one token and reads on in the
    prompts that are not whole, whose rows give their first piece when they are."""

    def __init__(self, model: LoadedModel, *, rows: Rows | None = None) -> None:
        self.model = model
        self._speakers = rows or rows_of(model)
        self._rows: dict[int, _Row] = {}
        self._numbers = 0

    @property
    def rows(self) -> int:
        return len(self._rows)

    def fits(self, prompt: Prompt, *, candidates: int, max_tokens: int) -> bool:
        return self._speakers.fits(Start(prompt.ids, tuple(range(candidates)), max_tokens))

    def add(
        self,
        prompt: Prompt,
        *,
        seeds: Sequence[int],
        sampling: Sampling,
        max_tokens: int,
        adapter: str = "",
    ) -> list[int]:
        """The numbers of the rows started, in the order of the seeds. An adapter that is not there is a ModelError."""
        numbers = tuple(range(self._numbers, self._numbers + len(seeds)))
        start = Start(prompt.ids, numbers, max_tokens, self.model.adapter(adapter))
        rows = [
            _Row(row_generator(seed), sampling, max_tokens, Saying(self.model.tokenizer)) for seed in seeds
        ]
        self._speakers.start(start)
        self._numbers += len(seeds)
        self._rows |= dict(zip(numbers, rows, strict=True))
        return list(numbers)

    @torch.inference_mode()
    def step(self) -> list[RowPiece]:
        """One token for every row whose prompt is read; nothing to do with no rows."""
        if not self._rows:
            return []
        last = {number: row.said[-1] for number, row in self._rows.items() if row.said}
        numbers, logits = self._speakers.step(last)
        if logits is None:
            return []
        own = [self._rows[number] for number in numbers]
        tokens = sample(logits, [Wish(row.said, row.sampling, row.chance) for row in own])
        pieces = [self._say(*said) for said in zip(numbers, own, tokens, strict=True)]
        self.drop([piece.row for piece in pieces if piece.ended])
        return pieces

    def drop(self, numbers: Sequence[int]) -> None:
        """Free rows; those that have already left are passed over."""
        for number in numbers:
            if self._rows.pop(number, None) is not None:
                self._speakers.remove(number)

    def _say(self, number: int, row: _Row, token: int) -> RowPiece:
        if token in self.model.ends:
            return RowPiece(number, row.saying.gain(None, whole=True), "stop")
        row.said.append(token)
        ended = "length" if len(row.said) >= row.max_tokens else ""
        return RowPiece(number, row.saying.gain(token, whole=bool(ended)), ended)


def rows_of(model: LoadedModel, *, most_bytes: int | None = None) -> Rows:
    """Our own step where the model has been made ready for it, else transformers' forward. `most_bytes` are a
    processor's, for what is being read and said: else three quarters of the model's `talk_bytes`, and at least what one
    long reply takes. A card's room was set apart when the model was loaded."""
    kept = model.talk_bytes // 4
    most = model.talk_bytes - kept
    if model.weights is None:
        return BorrowedRows(model.network, most_bytes=most_bytes or most)
    if model.room is not None:
        return card_rows(model.weights, dtype=model.dtype, room=model.room)
    dtype = model.dtype
    one_reply = LONGEST_REPLY * model.weights.shape.position_bytes(dtype)
    return OwnRows(
        model.weights,
        dtype=dtype,
        prefixes=Prefixes(kept),
        most_bytes=most_bytes or max(most, one_reply),
    )
