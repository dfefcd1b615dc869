"""Logits to one token, by temperature, nucleus and repetition penalty, from the row's own random numbers.

Knows token ids only as positions in a row of logits.
"""

from collections.abc import Sequence

import torch

from inference.engine.style import Sampling

TOP_K = 64
"""Nucleus sampling looks at this many tokens; at top_p 0.92 a small model's nucleus is rarely larger."""


def row_generator(seed: int) -> torch.Generator:
    """Random numbers that belong to one row, so that its neighbours in a batch do not change its words."""
    return torch.Generator().manual_seed(seed % 2**63)


def sample(logits: torch.Tensor, *, seen: Sequence[int], sampling: Sampling, chance: torch.Generator) -> int:
    """One token from `logits` `[vocabulary]`; `seen` are the ids the row has said."""
    logits = logits.float()
    if seen and sampling.repetition_penalty != 1:
        ids = torch.tensor(sorted(set(seen)), device=logits.device)
        said = logits[ids]
        penalty = sampling.repetition_penalty
        logits = logits.index_copy(0, ids, torch.where(said > 0, said / penalty, said * penalty))
    if sampling.temperature <= 0:
        return int(logits.argmax())
    top, ids = logits.topk(min(TOP_K, logits.shape[0]))
    shares = (top / sampling.temperature).softmax(0).cpu()
    before = shares.cumsum(0) - shares
    shares = torch.where(before < sampling.top_p, shares, 0.0)
    drawn = torch.rand((), generator=chance) * shares.sum()
    place = int(torch.searchsorted(shares.cumsum(0), drawn, right=True).clamp(max=len(shares) - 1))
    return int(ids[place])
