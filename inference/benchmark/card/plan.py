"""How many chats, how long, in how much memory; and the weights, random in the shape of Llama 3.1 8B, so that nothing
has to be fetched. Knows sizes, measures nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import LlamaConfig

from inference.engine.arena import slots_for
from inference.engine.linear import Exact, Kernel
from inference.engine.weights import Layer, Shape, Weights
from inference.errors import ModelError

CHATS = (1, 32, 100, 256)
TURNS = 3
CONFIGURATION = {
    "vocab_size": 128_256,
    "hidden_size": 4096,
    "intermediate_size": 14_336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": False,
}
"""Llama 3.1 8B's, and"""
ROPE_THETA = 500_000.0
SHARED, OWN, ASKED, ANSWER = 200, 200, 40, (24, 64)
"""Tokens: of a beginning that all share, of each chat's own at most, of a question, and of an answer from and to."""
POSITIONS = 768
"""A slot's, for TURNS turns."""
WORKING_BYTES = 3 << 30
"""Logits, a step's tokens between the matrices, recordings and torch itself; an estimate."""
PREFIX_BYTES = 1 << 30


@dataclass(frozen=True)
class CardTrial:
    """`weight_bytes` are held and, less the embedding, read in every step; `room_bytes` are set apart for rows."""

    chats: int
    positions: int
    weight_bytes: int
    room_bytes: int

    @property
    def needed_bytes(self) -> int:
        return self.weight_bytes + self.room_bytes + PREFIX_BYTES + WORKING_BYTES


def plan(
    config: LlamaConfig | None = None, *, chats: Sequence[int] = CHATS, numbers: torch.dtype = torch.bfloat16
) -> tuple[CardTrial, ...]:
    config = config or LlamaConfig(**CONFIGURATION)
    shape = shape_of(config)
    layer = sum(outputs * inputs for outputs, inputs in _matrices(config).values())
    ends = 2 * config.vocab_size * config.hidden_size
    weights = (config.num_hidden_layers * layer + ends) * numbers.itemsize
    position = shape.position_bytes(numbers)
    return tuple(
        CardTrial(each, POSITIONS, weights, slots_for(each) * POSITIONS * position) for each in chats
    )


def fitting(trials: Sequence[CardTrial], free_bytes: int | None) -> tuple[CardTrial, ...]:
    """Those for which the card has memory; a ModelError where there is none, or no card (`free_bytes` None)."""
    least = min(trial.needed_bytes for trial in trials)
    if free_bytes is None:
        raise ModelError(
            f"random weights of an 8B configuration need a CUDA card with {least / 1e9:.0f} GB free, and torch "
            "finds no card: leave --random-8b out"
        )
    fit = tuple(trial for trial in trials if trial.needed_bytes <= free_bytes)
    if not fit:
        raise ModelError(
            f"random weights of an 8B configuration need {least / 1e9:.0f} GB, and {free_bytes / 1e9:.0f} GB are "
            "free on the card: leave --random-8b out, or free some"
        )
    return fit


def free_bytes() -> int | None:
    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else None


def shape_of(config: LlamaConfig) -> Shape:
    return Shape(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        shared_heads=config.num_key_value_heads,
        head=config.hidden_size // config.num_attention_heads,
        eps=config.rms_norm_eps,
    )


def random_weights(config: LlamaConfig, *, numbers: torch.dtype, device: str) -> Weights:
    """Made where they stay. As far from each other as those of a trained model, so that numbers stay finite."""
    kind = {"dtype": numbers, "device": device}

    def matrix(outputs: int, inputs: int) -> Exact:
        return Exact(torch.empty(outputs, inputs, **kind).normal_(std=inputs**-0.5))

    sizes, shape = _matrices(config), shape_of(config)
    ones = torch.ones(config.hidden_size, device=device)
    pairs = torch.arange(0, shape.head, 2, device=device).float() / shape.head
    return Weights(
        shape=shape,
        middle=config.intermediate_size,
        embedding=torch.empty(config.vocab_size, config.hidden_size, **kind).normal_(),
        layers=tuple(
            Layer(
                **{name: matrix(*size) for name, size in sizes.items()},
                before_looking=ones,
                before_thinking=ones,
            )
            for _ in range(shape.layers)
        ),
        head=matrix(config.vocab_size, config.hidden_size),
        turns=ROPE_THETA**-pairs,
        turn_scale=1.0,
        rotation=None,
        kernel=Kernel.EXACT,
    )


def _matrices(config: LlamaConfig) -> dict[str, tuple[int, int]]:
    """Of one layer, outputs and inputs."""
    shape, size = shape_of(config), config.hidden_size
    return {
        "qkv": ((shape.heads + 2 * shape.shared_heads) * shape.head, size),
        "out": (size, shape.heads * shape.head),
        "gate_up": (2 * config.intermediate_size, size),
        "down": (size, config.intermediate_size),
    }
