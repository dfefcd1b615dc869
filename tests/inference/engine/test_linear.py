"""One matrix held in fewer bits, against the matrix itself. The card's own packing cannot be met without a card."""

import pytest
import torch

from inference.engine.linear import Exact, Four, Linear, Whole, four_bits_hold, packing_holds
from inference.errors import ModelError

OUTPUTS, INPUTS = 80, 128


def matrix() -> torch.Tensor:
    return torch.randn(OUTPUTS, INPUTS, generator=torch.Generator().manual_seed(0))


def tokens(count: int) -> torch.Tensor:
    return torch.randn(count, INPUTS, generator=torch.Generator().manual_seed(count))


def off_by(held: Linear, count: int) -> float:
    """The error's share of what was wanted, by their lengths."""
    wanted = tokens(count) @ matrix().t()
    return float((held(tokens(count)).float() - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("count", [1, 3, 40])
def test_four_bits_stay_near_the_matrix_and_eight_nearer(count: int) -> None:
    four, eight = (kind(matrix().split(48)) for kind in (Four, Whole))
    assert off_by(eight, count) < 0.02
    assert 0.02 < off_by(four, count) < 0.12


def test_a_matrix_taken_in_parts_is_the_one_taken_whole() -> None:
    parted, whole = Four(matrix().split([48, 16, 16])), Four([matrix()])
    assert torch.equal(parted(tokens(5)), whole(tokens(5)))


def test_a_bias_is_added_in_four_bits() -> None:
    bias = torch.arange(float(OUTPUTS))
    given = Four([matrix()], bias)(tokens(2)) - Four([matrix()])(tokens(2))
    assert torch.allclose(given, bias.expand(2, -1), atol=1e-4)


def test_what_a_matrix_moves_and_multiplies_is_counted() -> None:
    exact, whole, fine = Exact(matrix().bfloat16()), Whole([matrix()]), Whole([matrix()], fine=True)
    four, size = Four([matrix()]), OUTPUTS * INPUTS
    assert [each.bytes for each in (exact, whole, four)] == [2 * size, size, size // 2 + size // 32 * 4]
    assert [each.products for each in (exact, whole, fine, four)] == [size, size, 2 * size, size]


def test_inputs_that_do_not_divide_are_refused_in_four_bits() -> None:
    with pytest.raises(ModelError):
        Four([torch.ones(16, 40)])


def test_four_bits_are_what_they_stand_for() -> None:
    assert four_bits_hold("cpu") is True


@pytest.mark.skipif(not packing_holds(), reason="this processor sums packed numbers otherwise")
@pytest.mark.parametrize("fine", [False, True])
def test_few_rows_give_to_the_bit_what_they_give_among_many(fine: bool) -> None:
    held = Whole([matrix()], torch.arange(float(OUTPUTS)), fine=fine)
    many = tokens(100)
    many[:, 0], many[:, 1] = 127, 3.4999998
    for count in (1, 2, 11, 24):
        assert torch.equal(held(many[:count]), held(many)[:count])


@pytest.mark.skipif(not packing_holds(), reason="this processor sums packed numbers otherwise")
def test_a_matrix_that_few_rows_reach_is_kept_once_and_gives_the_same() -> None:
    once, twice = Whole([matrix()], few=True), Whole([matrix()])
    assert torch.equal(once(tokens(100)), twice(tokens(100)))
    assert once.bytes == twice.bytes == OUTPUTS * INPUTS


def test_a_row_of_nothing_gives_nothing() -> None:
    for fine in (False, True):
        assert torch.equal(Whole([matrix()], fine=fine)(torch.zeros(2, INPUTS)), torch.zeros(2, OUTPUTS))
