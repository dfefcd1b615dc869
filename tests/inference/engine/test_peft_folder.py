"""Adapters in one batch against PEFT's own forward."""

import json
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from inference.engine.linear import Kernel
from inference.engine.lora import LowRank
from inference.engine.peft_folder import read_low_rank
from inference.engine.rows import OwnRows, Start
from inference.engine.weights import Weights, take_weights
from inference.errors import ModelError

EVERY = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def base() -> LlamaForCausalLM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=320,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
        )
        made = LlamaForCausalLM(config).eval()
        for own in made.parameters():
            own.data *= 1 + 4 * (own.dim() > 1)
            own.data += 0.1 * torch.rand_like(own) * (own.dim() == 1)
    return made


def folder_of(path: Path, modules: list[str], *, seed: int, **settings: object) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = LoraConfig(
            task_type="CAUSAL_LM",
            r=4,
            lora_alpha=8,
            target_modules=modules,
            init_lora_weights=False,
            **settings,
        )
        get_peft_model(base(), config).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("adapters")
    return {
        "client": folder_of(root / "client", EVERY, seed=1),
        "companion": folder_of(root / "companion", ["k_proj", "up_proj"], seed=2, use_rslora=True),
    }


@pytest.mark.parametrize(("kernel", "near"), [(Kernel.EXACT, 1e-4), (Kernel.WHOLE, 0.3)])
@torch.inference_mode()
def test_rows_of_several_adapters_in_one_step_say_what_peft_says(
    kernel: Kernel, near: float, folders: dict[str, Path]
) -> None:
    weights = take_weights(base(), kernel=kernel)
    own: dict[str, LowRank | None] = {
        name: read_low_rank(folder, name=name, weights=weights) for name, folder in folders.items()
    } | {"": None}
    theirs = {name: PeftModel.from_pretrained(base(), folder).eval() for name, folder in folders.items()}
    theirs[""] = base()
    rows = OwnRows(weights, dtype=torch.float32)
    ids = tuple(range(5, 65))
    for number, name in enumerate(("client", "companion", "", "client")):
        rows.start(Start(ids, (number,), 20, own[name]))
    last: dict[int, int] = {}
    for step in range(4):
        _, logits = rows.step(last)
        assert logits is not None
        spoken = torch.tensor([[*ids, *range(100, 100 + step)]])
        for number, name in enumerate(("client", "companion", "", "client")):
            expected = theirs[name](spoken).logits[0, -1]
            assert torch.allclose(logits[number], expected, atol=near), (name, step)
        last = dict.fromkeys(range(4), 100 + step)
    assert (logits[0] - logits[2]).abs().max() > 0.5
    assert (logits[1] - logits[2]).abs().max() > 0.5


@pytest.fixture(scope="module")
def weights() -> Weights:
    return take_weights(base(), kernel=Kernel.EXACT)


def test_the_checksum_is_that_of_the_files(folders: dict[str, Path], weights: Weights) -> None:
    read = {name: read_low_rank(folder, name=name, weights=weights) for name, folder in folders.items()}
    assert {len(each.checksum) for each in read.values()} == {64}
    assert read["client"].checksum != read["companion"].checksum


@pytest.mark.parametrize(
    "change", [{"use_dora": True}, {"r": 0}, {"peft_type": "IA3"}, {"modules_to_save": ["a"]}]
)
def test_other_kinds_of_adapters_are_refused(change: dict, tmp_path: Path, weights: Weights) -> None:
    folder = folder_of(tmp_path / "a", EVERY, seed=3)
    config = folder / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | change))
    with pytest.raises(ModelError):
        read_low_rank(folder, name="a", weights=weights)


def test_what_does_not_fit_or_is_no_safetensors_file_is_refused(tmp_path: Path, weights: Weights) -> None:
    folder = folder_of(tmp_path / "a", ["lm_head"], seed=3)
    with pytest.raises(ModelError):
        read_low_rank(folder, name="a", weights=weights)
    (folder / "adapter_model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError):
        read_low_rank(folder, name="a", weights=weights)
    with pytest.raises(ModelError):
        read_low_rank(tmp_path, name="a", weights=weights)
