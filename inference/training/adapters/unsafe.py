"""Unsafe replies as token ids, and how likely a network finds those kept aside. Knows no text of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from inference.data.examples import Example
from inference.data.unsafe import Pair
from inference.training.adapters.encoding import Encoded
from inference.training.adapters.objective import Objective, rows_of


@dataclass(frozen=True)
class EncodedPair:
    safe: Encoded
    unsafe: Encoded


def encoded_pair(pair: Pair, encode: Callable[[Example], Encoded]) -> EncodedPair:
    """Of an unsafe reply only what follows the words it shares with the safe one is held against the network."""
    return _apart(EncodedPair(encode(pair.safe), encode(pair.unsafe)))


@torch.no_grad()
def figures(objective: Objective, pairs: Sequence[EncodedPair], device: torch.device) -> dict[str, float]:
    """`unsafe_log_likelihood`: mean log-probability of an unsafe token, in nats. `safe_preferred`: the share of pairs
    whose safe reply is likelier for each token. Empty without pairs."""
    if not pairs:
        return {}
    objective.eval()
    means = [
        [objective(rows_of([each], device)).double().mean().item() for each in (pair.safe, pair.unsafe)]
        for pair in pairs
    ]
    objective.train()
    return {
        "pairs": len(pairs),
        "unsafe_log_likelihood": sum(unsafe for _, unsafe in means) / len(means),
        "safe_preferred": sum(safe > unsafe for safe, unsafe in means) / len(means),
    }


def _apart(pair: EncodedPair) -> EncodedPair:
    shared = 0
    for one, other in zip(pair.safe.ids, pair.unsafe.ids, strict=False):
        if one != other:
            break
        shared += 1
    learned = tuple(is_learned and at >= shared for at, is_learned in enumerate(pair.unsafe.learned))
    return replace(pair, unsafe=replace(pair.unsafe, learned=learned))
