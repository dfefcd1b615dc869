"""What a run on a CUDA card adds: random weights of an 8B configuration, at 1, 32, 100 and 256 chats.

The plan is plain data and tested without a card. No run on a card has been made with it: its figures are unmeasured.
"""

from dataclasses import dataclass

from transformers import LlamaConfig

CHATS = (1, 32, 100, 256)
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
"""Llama 3.1 8B's."""
BYTES_OF_A_NUMBER = 2


@dataclass(frozen=True)
class CardTrial:
    """`weight_bytes` are read in every step, `row_bytes` for every row of `positions` positions."""

    chats: int
    positions: int
    weight_bytes: int
    row_bytes: int

    def least_step_ms(self, bandwidth_gb_s: float) -> float:
        """The roofline of a step: all its bytes over the card's bandwidth."""
        return (self.weight_bytes + self.chats * self.row_bytes) / bandwidth_gb_s / 1e6


def plan(positions: int = 512) -> tuple[CardTrial, ...]:
    config = LlamaConfig(**CONFIGURATION)
    head = config.hidden_size // config.num_attention_heads
    shared = config.num_key_value_heads * head
    layer = (
        config.hidden_size * (2 * config.hidden_size + 2 * shared)
        + 3 * config.hidden_size * config.intermediate_size
    )
    weights = config.num_hidden_layers * layer + config.vocab_size * config.hidden_size
    row = 2 * config.num_hidden_layers * shared * positions
    return tuple(
        CardTrial(chats, positions, weights * BYTES_OF_A_NUMBER, row * BYTES_OF_A_NUMBER) for chats in CHATS
    )
