"""The quick arithmetic gives what PEFT and PyTorch give, forwards and backwards."""

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from inference.training.adapters.swift import BLOCK, quicken


def network(base: Path) -> PeftModel:
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="sdpa")
    made = get_peft_model(
        model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    )
    for name, parameter in made.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return made.train()


@pytest.mark.parametrize("checkpointing", [False, True])
def test_quick_layers_give_the_same_words_and_gradients(tiny_model: Path, checkpointing: bool) -> None:
    plain, quick = network(tiny_model), network(tiny_model)
    assert quicken(quick) == 14
    if checkpointing:
        quick.get_base_model().gradient_checkpointing_enable({"use_reentrant": False})
        quick.enable_input_require_grads()
    ids = torch.randint(3, 300, (3, BLOCK + 24), generator=torch.Generator().manual_seed(1))
    for each in (plain, quick):
        each(input_ids=ids, use_cache=False).logits.square().mean().backward()

    pairs = zip(plain.named_parameters(), quick.named_parameters(), strict=True)
    gradients = [(name, one.grad, other.grad) for (name, one), (_, other) in pairs if one.requires_grad]
    assert len(gradients) == 28
    for name, one, other in gradients:
        assert one.abs().max() > 0, name
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-6 + 1e-4 * one.abs().max()), name
    with torch.no_grad():
        assert torch.allclose(plain(input_ids=ids).logits, quick(input_ids=ids).logits, atol=1e-4)


def test_padding_on_the_right_changes_no_real_token(tiny_model: Path) -> None:
    quick = network(tiny_model)
    quicken(quick)
    ids = torch.randint(3, 300, (1, 12), generator=torch.Generator().manual_seed(2))
    padded = torch.nn.functional.pad(ids, (0, 7))
    with torch.no_grad():
        alone, beside = quick(input_ids=ids).logits, quick(input_ids=padded).logits[:, :12]

    assert torch.allclose(alone, beside, atol=1e-5)
