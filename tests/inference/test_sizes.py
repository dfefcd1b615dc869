import math

from inference.sizes import in_steps, up_to

STEPS = ((4, 2), (16, 4), (math.inf, 8))


def test_a_multiple_stays_and_what_is_between_goes_up() -> None:
    assert [up_to(count, 32) for count in (0, 1, 32, 33)] == [0, 32, 32, 64]


def test_steps_grow_with_the_number_and_nothing_is_left_out() -> None:
    assert [in_steps(count, STEPS) for count in (0, 1, 4, 5, 16, 17, 41)] == [0, 2, 4, 8, 16, 24, 48]
    sizes = [in_steps(count, STEPS) for count in range(200)]
    assert sizes == sorted(sizes)
    assert all(size >= count for count, size in enumerate(sizes))
    assert len(set(sizes)) < 32
