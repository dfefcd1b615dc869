"""The loss on dialogues kept aside. Knows nothing of why it is asked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from inference.training.adapters.encoding import Encoded
from inference.training.adapters.objective import Objective, rows_of

TOGETHER = 4


@dataclass(frozen=True)
class HeldLoss:
    """`loss` in nats a token over `tokens` learned tokens; `perplexity` is its exponential."""

    loss: float
    tokens: int

    @property
    def perplexity(self) -> float:
        return math.exp(min(self.loss, 50.0))


@torch.no_grad()
def held_loss(objective: Objective, held: Sequence[Encoded], device: torch.device) -> HeldLoss:
    """Without examples the loss is 0 on 0 tokens."""
    objective.eval()
    total, tokens = 0.0, 0
    ordered = sorted(held, key=lambda each: len(each.ids))
    for first in range(0, len(ordered), TOGETHER):
        logs = objective(rows_of(ordered[first : first + TOGETHER], device))
        total -= logs.double().sum().item()
        tokens += logs.numel()
    objective.train()
    return HeldLoss(total / max(tokens, 1), tokens)


def some_of(held: Sequence[Encoded], *, tokens: int) -> list[Encoded]:
    """The first examples that hold `tokens` together, one at least."""
    chosen: list[Encoded] = []
    for each in held:
        if chosen and sum(len(one.ids) for one in chosen) >= tokens:
            break
        chosen.append(each)
    return chosen
