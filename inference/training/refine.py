"""The second stage of training an adapter: heads that learn from tens of thousands of short public rows are taught on
with the encoder at rest, because a whole pass over those rows would take hours and drown what is written here.

The states of every row are computed once and kept in bf16; only the head's own few thousand weights move.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inference.encoder.heads import HeadSpec, module_name
from inference.encoder.network import Network
from inference.encoder.tokens import pad
from inference.training.prepared import Prepared, head_loss

TAUGHT_ON: Mapping[str, tuple[str, ...]] = {
    "message": ("protective", "bias", "bias.kinds", "hate", "toxicity", "emotion"),
}
"""By adapter, the heads that are taught on."""
EPOCHS = 8
LEAST_STEPS = 1000
"""A head with few rows sees them more often, until so many steps are done."""
RATE = 2e-3
DECAY = 0.01
TOGETHER = 128


@dataclass(frozen=True)
class _Batch:
    """`states` (rows, tokens, HIDDEN) in bf16, `mask` (rows, tokens), and the rows' targets for one head."""

    states: Tensor
    mask: Tensor
    targets: list[object]


def refine(network: Network, prepared: Sequence[Prepared], specs: Sequence[HeadSpec], *, seed: int) -> None:
    """Teach on the heads of `TAUGHT_ON`; the other heads and the encoder stay as they are."""
    chosen = [spec for spec in specs if spec.name in TAUGHT_ON.get(network.adapter, ())]
    network.eval()
    for spec in chosen:
        batches = _batches(network, [each for each in prepared if each.targets[spec.name] is not None], spec)
        if batches:
            torch.manual_seed(seed)
            _teach(network, spec, batches, random.Random(seed))


@torch.no_grad()
def _batches(network: Network, prepared: Sequence[Prepared], spec: HeadSpec) -> list[_Batch]:
    by_length = sorted(prepared, key=lambda each: len(each.piece.ids))
    result = []
    for at in range(0, len(by_length), TOGETHER):
        some = by_length[at : at + TOGETHER]
        rows = pad([each.piece for each in some])
        with torch.autocast("cpu", torch.bfloat16):
            states = network.encoder(
                input_ids=rows.ids, attention_mask=rows.mask, token_type_ids=rows.kinds
            ).last_hidden_state
        result.append(
            _Batch(states.to(torch.bfloat16), rows.mask, [each.targets[spec.name] for each in some])
        )
    return result


def _teach(network: Network, spec: HeadSpec, batches: Sequence[_Batch], chance: random.Random) -> None:
    head = network.heads[module_name(spec.name)]
    head.train()
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    epochs = max(EPOCHS, -(-LEAST_STEPS // len(batches)))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs * len(batches))
    for _ in range(epochs):
        for batch in chance.sample(batches, len(batches)):
            logits, _ = head(batch.states.float(), batch.mask)
            loss = head_loss(spec, logits, batch.targets, None, smoothing=0.0)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    head.eval()
