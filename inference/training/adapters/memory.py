"""How much memory a run will need, before it starts: a sentence instead of a killed process.

Rough on purpose: the coefficients were fitted to runs on the bundled model and err upwards.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from peft import PeftModel

from inference.training.adapters.errors import ShortMemoryError
from inference.training.adapters.plan import Step

GIB = 2**30
TRAINED_BYTES = 20
"""For one trained weight: itself, its gradient, two moments of Adam, and the copy kept of the best, 4 bytes each."""
ACTIVATIONS = 22
"""Kept for the way back, in units of (hidden + intermediate size) for a token and layer."""
LOGIT_BYTES = 14
"""For a learned token and vocabulary entry: the number formats it passes through, and its gradient."""
RECOMPUTED = 0.2
RUNTIME_GIB = 0.9
"""Python, torch and the tokenised data."""


@dataclass(frozen=True)
class Need:
    """In GiB."""

    weights: float
    trained: float
    activations: float
    logits: float

    @property
    def total(self) -> float:
        return RUNTIME_GIB + self.weights + self.trained + self.activations + self.logits


def needed(network: PeftModel, steps: list[Step], *, recompute: bool) -> Need:
    """For the largest batch of the plan."""
    config = network.get_base_model().config.get_text_config(decoder=True)
    trained = sum(each.numel() for each in network.parameters() if each.requires_grad)
    weights = sum(each.numel() * each.element_size() for each in network.parameters())
    size = next(each for each in network.parameters() if not each.requires_grad).element_size()
    batches = [batch for step in steps for batch in step.batches]
    tokens = max(len(batch) * max(len(each.ids) for each in batch) for batch in batches)
    targets = max(sum(each.targets for each in batch) for batch in batches)
    widest = max(len(each.ids) for batch in batches for each in batch)
    for_a_token = ACTIVATIONS * (config.hidden_size + config.intermediate_size) / 4
    for_a_token += 3 * config.num_attention_heads * widest
    activations = config.num_hidden_layers * tokens * for_a_token * max(size, 2)
    return Need(
        weights=weights / GIB,
        trained=trained * TRAINED_BYTES / GIB,
        activations=activations * (RECOMPUTED if recompute else 1.0) / GIB,
        logits=targets * config.vocab_size * LOGIT_BYTES / GIB,
    )


def free_gib(device: torch.device) -> float:
    """What may still be taken; infinite where the machine does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / GIB
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return float("inf")
    kilobytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(kilobytes) * 1024 / GIB if kilobytes else float("inf")


def check(need: Need, free: float) -> None:
    """Raises ShortMemoryError with what to lower. The weights are loaded already, so that they are not counted."""
    wanted = need.total - need.weights
    if wanted > free:
        raise ShortMemoryError(
            f"this run needs about {wanted:.1f} GiB and {free:.1f} GiB are free: lower optimiser.batch_tokens (and "
            "raise accumulate), data.longest or lora.rank, or set optimiser.recompute = true"
        )
