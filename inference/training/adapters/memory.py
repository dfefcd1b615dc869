"""How much memory a run will need, before its model is loaded: a sentence instead of a killed process.

Rough on purpose: the coefficients were fitted to runs on the bundled model and err upwards.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM

from inference.engine.loader import best_dtype
from inference.errors import ModelError
from inference.training.adapters.errors import ShortMemoryError
from inference.training.adapters.plan import Step
from inference.training.adapters.recipe import Recipe

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
QUANTISED_BYTES = 0.56
"""Of a weight in 4 bits, with its share of the scales."""
LOWER = (
    "lower optimiser.batch_tokens (and raise accumulate), data.longest or lora.rank, or set "
    "optimiser.recompute = true"
)
_SAID_OF_MEMORY = ("can't allocate memory", "out of memory", "not enough memory")


@dataclass(frozen=True)
class Shape:
    """Of a base model and the low-rank weights beside it. `weights` are bytes of the frozen ones, `trained` counts the
    others, `number` is the bytes of one number on the way."""

    layers: int
    width: int
    heads: int
    vocabulary: int
    weights: float
    trained: int
    number: int


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


def shape_of(recipe: Recipe, base: str, device: torch.device) -> Shape:
    """From the base's configuration alone: no weight is loaded. Raises ModelError where it cannot be read."""
    try:
        with torch.device("meta"):
            network = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(base))
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"the base model {base} cannot be loaded ({type(error).__name__})") from error
    config = network.config.get_text_config(decoder=True)
    output = network.get_output_embeddings()
    adapted = [each for each in network.modules() if isinstance(each, nn.Linear) and each is not output]
    numbers = sum(each.numel() for each in network.parameters())
    inside = sum(each.weight.numel() for each in adapted)
    size = best_dtype(device.type).itemsize
    return Shape(
        layers=config.num_hidden_layers,
        width=config.hidden_size + config.intermediate_size,
        heads=config.num_attention_heads,
        vocabulary=config.vocab_size,
        weights=(numbers - inside) * size + inside * (QUANTISED_BYTES if recipe.lora.quantised else size),
        trained=recipe.lora.rank * sum(each.in_features + each.out_features for each in adapted),
        number=size,
    )


def needed(shape: Shape, steps: Sequence[Step], *, recompute: bool) -> Need:
    """For the largest batch of the plan."""
    batches = [batch for step in steps for batch in step.batches]
    tokens = max(len(batch) * max(len(each.ids) for each in batch) for batch in batches)
    targets = max(sum(each.targets for each in batch) for batch in batches)
    widest = max(len(each.ids) for batch in batches for each in batch)
    for_a_token = ACTIVATIONS * shape.width / 4 + 3 * shape.heads * widest
    activations = shape.layers * tokens * for_a_token * max(shape.number, 2)
    return Need(
        weights=shape.weights / GIB,
        trained=shape.trained * TRAINED_BYTES / GIB,
        activations=activations * (RECOMPUTED if recompute else 1.0) / GIB,
        logits=targets * shape.vocabulary * LOGIT_BYTES / GIB,
    )


def check(need: Need, free: float) -> None:
    """Before anything is loaded; `free` in GiB. Raises ShortMemoryError with what to lower."""
    if need.total > free:
        raise ShortMemoryError(
            f"this run needs about {need.total:.1f} GiB and {free:.1f} GiB are free: {LOWER}"
        )


@contextlib.contextmanager
def told_when_short() -> Iterator[None]:
    """Raises ShortMemoryError in the place of what Python and torch raise where memory runs out on the way."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ShortMemoryError(f"the memory ran out in the middle of the run: {LOWER}") from error
    except RuntimeError as error:
        if not any(said in str(error).lower() for said in _SAID_OF_MEMORY):
            raise
        raise ShortMemoryError(f"the memory ran out in the middle of the run: {LOWER}") from error
