"""Logits to one token a row, by temperature, nucleus and repetition penalty, from each row's own random numbers.

All rows at once; nothing of a row is computed from another's. Knows token ids only as positions in a row of logits.
Number formats are always named: while another thread loads a model, transformers changes torch's default for everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from inference.engine.style import Sampling

TOP_K = 64
"""Nucleus sampling looks at this many tokens; at top_p 0.92 a small model's nucleus is rarely larger."""
_SPAN = 64
"""The best 64 of 49,152 are among the 64 spans of this many that have the largest maxima: looking there takes a quarter
of the time of looking at all."""


@dataclass(frozen=True)
class Wish:
    """One row's: `seen` are the ids it has said, `chance` its random numbers."""

    seen: Sequence[int]
    sampling: Sampling
    chance: torch.Generator


def row_generator(seed: int) -> torch.Generator:
    """Random numbers that belong to one row, so that its neighbours in a batch do not change its words."""
    return torch.Generator().manual_seed(seed % 2**63)


def sample(logits: torch.Tensor, wishes: Sequence[Wish]) -> list[int]:
    """One token for each row of `logits` `[rows, vocabulary]`, float32, which are changed."""
    _penalise(logits, wishes)
    device = logits.device
    number = {"dtype": torch.float32, "device": device}
    best, ids = _best(logits, min(TOP_K, logits.shape[1]))
    heat = torch.tensor([wish.sampling.temperature for wish in wishes], **number)[:, None]
    nucleus = torch.tensor([wish.sampling.top_p for wish in wishes], **number)[:, None]
    shares = (best / heat.clamp_min(1e-4)).softmax(1)
    before = shares.cumsum(1) - shares
    shares = torch.where((before < nucleus) | (before == 0), shares, 0.0)
    sums = shares.cumsum(1)
    drawn = torch.stack([torch.rand((), generator=wish.chance, dtype=torch.float32) for wish in wishes]).to(
        device
    )[:, None]
    places = torch.searchsorted(sums, drawn * sums[:, -1:], right=True).clamp_(max=sums.shape[1] - 1)
    places = torch.where(heat > 0, places, 0)
    return ids.gather(1, places)[:, 0].tolist()


def _penalise(logits: torch.Tensor, wishes: Sequence[Wish]) -> None:
    rows, ids, penalties = [], [], []
    for row, wish in enumerate(wishes):
        if wish.seen and wish.sampling.repetition_penalty != 1:
            said = set(wish.seen)
            ids += said
            rows += [row] * len(said)
            penalties += [wish.sampling.repetition_penalty] * len(said)
    if not rows:
        return
    places = (torch.tensor(rows, device=logits.device), torch.tensor(ids, device=logits.device))
    penalty = torch.tensor(penalties, dtype=torch.float32, device=logits.device)
    said = logits[places]
    logits[places] = torch.where(said > 0, said / penalty, said * penalty)


def _best(logits: torch.Tensor, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The `most` largest of each row, from the largest down, and their ids."""
    rows, vocabulary = logits.shape
    if vocabulary % _SPAN or vocabulary // _SPAN <= most:
        return logits.topk(most)
    spans = logits.view(rows, -1, _SPAN)
    where = spans.amax(2).topk(most).indices
    near = spans.gather(1, where[:, :, None].expand(-1, -1, _SPAN)).view(rows, -1)
    best, places = near.topk(most)
    return best, where.gather(1, places // _SPAN) * _SPAN + places % _SPAN
