"""The loss on dialogues kept aside, whole and by persona. Knows nothing of why it is asked."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
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


def by_persona(
    objective: Objective, held: Sequence[Encoded], device: torch.device
) -> tuple[dict[str, HeldLoss], HeldLoss]:
    """The loss of each persona that has examples, in the order of names, and of all their tokens together."""
    names = sorted({each.persona for each in held})
    apart = {
        name: held_loss(objective, [each for each in held if each.persona == name], device) for name in names
    }
    return apart, together(apart)


def together(apart: Mapping[str, HeldLoss]) -> HeldLoss:
    """Over all tokens, so that a persona counts as much as was read of it."""
    tokens = sum(each.tokens for each in apart.values())
    return HeldLoss(sum(each.loss * each.tokens for each in apart.values()) / max(tokens, 1), tokens)


def some_of(held: Sequence[Encoded], *, tokens: int) -> list[Encoded]:
    """Examples that hold `tokens` together, one at least. Of each persona about as many tokens, for as long as it has
    any: else a reading would follow whoever comes first in the files. Within a persona the order is that of a hash of
    the dialogue's id, so that a reading meets every file, and the same dialogues however many there are beside."""
    waiting: dict[str, list[Encoded]] = {}
    for each in sorted(held, key=_last_drawn_first):
        waiting.setdefault(each.persona, []).append(each)
    chosen: list[Encoded] = []
    taken: Counter[str] = Counter()
    while waiting and (not chosen or taken.total() < tokens):
        persona = min(waiting, key=lambda name: (taken[name], name))
        chosen.append(waiting[persona].pop())
        taken[persona] += len(chosen[-1].ids)
        if not waiting[persona]:
            del waiting[persona]
    return chosen


def _last_drawn_first(each: Encoded) -> str:
    dialogue = each.id.partition("/")[0]
    return hashlib.sha256(dialogue.encode()).hexdigest()
