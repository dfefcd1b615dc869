import hashlib
from pathlib import Path

import pytest
import torch

from inference.contracts import ModelName
from inference.engine.device import best_dtype
from inference.engine.loader import load, ready, use_threads
from inference.engine.setting import Device, Quantise, Setting
from inference.errors import ModelError


def test_a_folder_is_loaded_with_its_ends_and_context(tiny_model: Path) -> None:
    model = load(str(tiny_model), name=ModelName("tiny", "1"))
    assert (model.name, model.context, model.ends) == (ModelName("tiny", "1"), 1024, frozenset({1}))
    assert model.network.training is False
    assert model.network.dtype == best_dtype("cuda" if torch.cuda.is_available() else "cpu")


def test_a_model_on_this_disk_is_named_with_the_sum_of_its_weights(tiny_model: Path) -> None:
    found = hashlib.sha256((tiny_model / "model.safetensors").read_bytes()).hexdigest()
    assert load(str(tiny_model)).name == ModelName(str(tiny_model), f"sha256:{found[:12]}")


@pytest.mark.parametrize("source", ["{folder}", "{folder}/absent.gguf", "{folder}/broken.gguf"])
def test_what_is_no_model_says_so(source: str, tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but not really")
    with pytest.raises(ModelError):
        load(source.format(folder=tmp_path))
    assert not list(tmp_path.glob("*dense*"))


def test_weights_that_could_run_code_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError):
        load(str(tmp_path))


def test_threads_are_those_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        assert use_threads(1) == torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_a_model_is_made_ready_as_the_setting_says(tiny_model: Path) -> None:
    model = ready(str(tiny_model), setting=Setting(device=Device.CPU))
    assert model.network is None
    assert model.weights is not None
    assert (model.device.type, model.room, model.context) == ("cpu", None, 1024)


@pytest.mark.parametrize("quantise", [Quantise.EIGHT, Quantise.FOUR])
def test_fewer_bits_are_refused_without_a_card_before_anything_is_read(quantise: Quantise) -> None:
    with pytest.raises(ModelError, match="needs a CUDA card"):
        ready("no/such-model", setting=Setting(Device.CPU, quantise))
