import pytest
from transformers import LlamaConfig


@pytest.fixture
def small() -> LlamaConfig:
    """What on a card is an 8B configuration."""
    return LlamaConfig(
        vocab_size=512,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
