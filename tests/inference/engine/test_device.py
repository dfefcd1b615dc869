import pytest
import torch

from inference.engine.device import best_dtype, cores_to_compute_on, device_for, kernel_for
from inference.engine.linear import Kernel
from inference.engine.setting import Device, Quantise
from inference.errors import ModelError


@pytest.mark.parametrize(
    ("asked", "has_card", "given"),
    [
        (Device.AUTO, True, "cuda"),
        (Device.AUTO, False, "cpu"),
        (Device.CPU, True, "cpu"),
        (Device.CUDA, True, "cuda"),
    ],
)
def test_auto_takes_a_card_where_there_is_one(asked: Device, has_card: bool, given: str) -> None:
    assert device_for(asked, has_card=has_card) == given


def test_a_card_that_is_not_there_is_an_error_that_says_how_to_mend_it() -> None:
    with pytest.raises(ModelError, match="PIXELATED_DEVICE"):
        device_for(Device.CUDA, has_card=False)


@pytest.mark.parametrize(
    ("capability", "numbers"),
    [((7, 5), torch.float16), ((8, 0), torch.bfloat16), ((8, 6), torch.bfloat16), ((9, 0), torch.bfloat16)],
)
def test_a_card_multiplies_bfloat16_from_ampere_on(capability: tuple[int, int], numbers: torch.dtype) -> None:
    assert best_dtype("cuda", capability=capability) == numbers


@pytest.mark.parametrize(
    ("quantise", "kernel"),
    [(Quantise.NONE, Kernel.EXACT), (Quantise.EIGHT, Kernel.WHOLE), (Quantise.FOUR, Kernel.FOUR)],
)
def test_a_card_holds_weights_in_as_many_bits_as_asked(quantise: Quantise, kernel: Kernel) -> None:
    assert kernel_for("cuda", quantise) == kernel


@pytest.mark.parametrize("quantise", [Quantise.EIGHT, Quantise.FOUR])
def test_quantised_loading_is_refused_on_a_processor(quantise: Quantise) -> None:
    with pytest.raises(ModelError, match="needs a CUDA card"):
        kernel_for("cpu", quantise)


def test_four_bits_are_refused_on_an_older_card() -> None:
    with pytest.raises(ModelError, match="8bit does not"):
        kernel_for("cuda", Quantise.FOUR, dtype=torch.float16)


def test_one_core_is_left_to_others_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [cores_to_compute_on(there) for there in (1, 2, 8)] == [1, 1, 7]


def test_who_runs_the_worker_says_how_many_cores_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert cores_to_compute_on(2) == 5
