from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from inference.encoder.heads import ADAPTERS, SHAPES
from inference.encoder.network import Network
from inference.encoder.tokens import pad, windows
from inference.errors import ModelError
from inference.testing import SCRIPTED_LINES

Fresh = Callable[[str], Network]


def test_the_small_state_is_what_training_made_and_nothing_of_the_encoder(fresh: Fresh) -> None:
    state = fresh("message").small_state()
    assert all("lora_" in name or name.startswith("heads.") for name in state)
    assert {tensor.dtype for tensor in state.values()} == {torch.bfloat16}
    assert sum(tensor.numel() for tensor in state.values()) < 500_000


@torch.inference_mode()
def test_merging_the_low_rank_weights_changes_no_answer(fresh: Fresh, tokenizer: Tokenizer) -> None:
    network = fresh("message")
    rows = pad([windows(tokenizer, line)[0] for line in SCRIPTED_LINES[:6]])
    before = network(rows)
    after = network.merged()(rows)
    assert not any("lora_" in name for name, _ in network.named_parameters())
    for spec in ADAPTERS["message"]:
        torch.testing.assert_close(after.logits[spec.name], before.logits[spec.name], atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_a_row_is_answered_alike_alone_and_beside_a_longer_one(fresh: Fresh, tokenizer: Tokenizer) -> None:
    network = fresh("tags")
    short, long = windows(tokenizer, "It is hard.")[0], windows(tokenizer, " ".join(SCRIPTED_LINES))[0]
    alone, beside = pad([short]), pad([short, long])
    size = len(short.ids)
    first = network(alone, torch.zeros(1, alone.ids.shape[1], SHAPES)).logits["pii"][0, :size]
    second = network(beside, torch.zeros(2, beside.ids.shape[1], SHAPES)).logits["pii"][0, :size]
    torch.testing.assert_close(first, second, atol=1e-4, rtol=1e-3)


def test_a_folder_without_an_encoder_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="models fetch default"):
        Network(tmp_path, "message")
