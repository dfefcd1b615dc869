"""The arithmetic of bounds, with numbers that a person can check, and a real measurement of a tiny model."""

from pathlib import Path

import pytest
import torch

from inference.benchmark.machine import Bound, Machine, Needs, bound, bound_of, machine, needs
from inference.engine.linear import Exact, Kernel, Whole
from inference.engine.loader import ready
from inference.engine.setting import Device, Setting
from inference.engine.weights import Layer, Shape, Weights

HERE = Machine(bandwidth_gb_s=10.0, exact_gop_s=100.0, whole_gop_s=400.0, numbers="bfloat16")


def weights(kernel: Kernel) -> Weights:
    """One layer of 8 wide with 2 heads that share one, and 4 words: 8 x (16 + 8) + 3 x 8 x 16 + 4 x 8 weights."""

    def matrix(outputs: int, inputs: int, *, fine: bool = False) -> Exact | Whole:
        values = torch.ones(outputs, inputs)
        return Exact(values.bfloat16()) if kernel is Kernel.EXACT else Whole([values], fine=fine)

    ones = torch.ones(8)
    layer = Layer(matrix(16, 8), matrix(8, 8), matrix(32, 8), matrix(8, 16, fine=True), ones, ones)
    shape = Shape(layers=1, heads=2, shared_heads=1, head=4, eps=1e-5)
    return Weights(shape, 16, torch.ones(4, 8), (layer,), matrix(4, 8), torch.ones(2), 1.0, None, kernel)


SIZE = 16 * 8 + 8 * 8 + 32 * 8 + 8 * 16 + 4 * 8


def test_a_step_moves_the_weights_once_and_the_keys_and_values_of_every_row() -> None:
    given = needs(weights(Kernel.EXACT), rows=3, positions=10, numbers=torch.bfloat16)
    keys_and_values, looking = 3 * 10 * 2 * 4 * 2, 4 * 3 * 10 * 2 * 4
    assert given == Needs(2 * SIZE + keys_and_values, 2 * SIZE * 3 + looking, 0)


def test_whole_numbers_are_a_byte_each_and_those_that_are_fine_are_multiplied_twice() -> None:
    given = needs(weights(Kernel.WHOLE), rows=3, positions=10, numbers=torch.bfloat16)
    fine = 8 * 16
    assert given == Needs(SIZE + 480, 960, 2 * (SIZE + fine) * 3)


def test_what_takes_longer_bounds_a_step() -> None:
    bytes_bound = bound_of(Needs(50_000_000, 100_000_000, 400_000_000), HERE, rows=4, step_s=0.010)
    assert bytes_bound == Bound(4, 10.0, 50.0, 0.5, 5.0, 2.0, "bytes", 0.5)
    busy = bound_of(Needs(10_000_000, 100_000_000, 2_000_000_000), HERE, rows=4, step_s=0.008)
    assert (busy.operations_ms, busy.bound_by, busy.share) == (6.0, "operations", 0.75)


def test_a_machine_is_measured_in_the_numbers_asked_for() -> None:
    here = machine(numbers=torch.float32, inputs=64, outputs=64)
    assert here.numbers == "float32"
    assert min(here.bandwidth_gb_s, here.exact_gop_s, here.whole_gop_s) > 0.1


@pytest.mark.parametrize("rows", [1, 3])
def test_a_step_is_measured_against_its_bounds(rows: int, tiny_model: Path) -> None:
    model = ready(str(tiny_model), setting=Setting(device=Device.CPU))
    own = bound(model, HERE, rows=rows)
    assert own.rows == rows
    assert own.step_ms > 0
    assert own.share == pytest.approx(max(own.bytes_ms, own.operations_ms) / own.step_ms, abs=0.01)
