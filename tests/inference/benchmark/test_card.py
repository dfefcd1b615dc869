import pytest

from inference.benchmark.card import CHATS, plan


def test_the_plan_is_that_of_an_eight_billion_model() -> None:
    trials = plan(positions=512)
    assert tuple(each.chats for each in trials) == CHATS
    assert trials[0].weight_bytes / 2 == pytest.approx(7.5e9, rel=0.01)  # 8.03 without the embedding's .53
    assert trials[0].row_bytes == 2 * 2 * 32 * 1024 * 512


def test_the_roofline_is_bytes_over_bandwidth() -> None:
    one, *_, most = plan(positions=512)
    assert one.least_step_ms(3350.0) == pytest.approx((one.weight_bytes + one.row_bytes) / 3.35e9)
    assert most.least_step_ms(3350.0) > one.least_step_ms(3350.0)
