"""The measures of fairness, by values worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.safety.fairness import (
    Difference,
    Row,
    calibration,
    demographic_parity,
    equalised_odds,
    representation,
    wilson,
)


def rows(group: str, *, hit: int = 0, miss: int = 0, alarm: int = 0, quiet: int = 0) -> list[Row]:
    """Rows by outcome: found, missed, false alarm, rightly quiet."""
    return (
        [Row(group, True, True)] * hit
        + [Row(group, False, True)] * miss
        + [Row(group, True, False)] * alarm
        + [Row(group, False, False)] * quiet
    )


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_gives_the_published_intervals(count: int, of: int, low: float, high: float) -> None:
    share = wilson(count, of)
    assert (share.low, share.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_wilson_of_nothing_is_unknown_and_of_too_many_an_error() -> None:
    assert (wilson(0, 0).value, wilson(0, 0).low) == (None, None)
    with pytest.raises(ValueError, match="between"):
        wilson(3, 2)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_its_share_and_stays_between_0_and_1(count: int, of: int) -> None:
    share = wilson(min(count, of), of)
    assert 0 <= share.low <= share.value + 1e-12 and share.value - 1e-12 <= share.high <= 1


def test_demographic_parity_is_the_difference_and_ratio_of_positive_shares() -> None:
    parity = demographic_parity(rows("a", hit=30, quiet=30) + rows("b", alarm=10, quiet=30))
    assert {name: share.value for name, share in parity.rates.items()} == {"a": 0.5, "b": 0.25}
    assert (parity.difference.value, parity.difference.between) == (0.25, ("b", "a"))
    assert parity.ratio == 0.5
    # Standard error of the difference: sqrt(.5*.5/60 + .25*.75/40) = .0941.
    assert parity.difference.low == pytest.approx(0.25 - 1.96 * 0.0941, abs=0.03)
    assert parity.difference.high == pytest.approx(0.25 + 1.96 * 0.0941, abs=0.03)


def test_equalised_odds_is_the_wider_of_two_differences() -> None:
    odds = equalised_odds(
        rows("a", hit=36, miss=4, alarm=4, quiet=36) + rows("b", hit=28, miss=12, alarm=6, quiet=34)
    )
    assert (odds.found["a"].value, odds.found["b"].value) == (0.9, 0.7)
    assert (odds.false_alarms["a"].value, odds.false_alarms["b"].value) == (0.1, 0.15)
    assert odds.found_difference.value == pytest.approx(0.2)
    assert odds.false_alarm_difference.value == pytest.approx(0.05)
    assert odds.value == pytest.approx(0.2)
    assert odds.found_difference.between == ("b", "a")


def test_equal_treatment_has_no_difference_and_an_interval_around_it() -> None:
    difference = demographic_parity(rows("a", hit=50, quiet=50) + rows("b", hit=50, quiet=50)).difference
    assert difference.value == 0
    assert difference.low < 0 < difference.high


def test_calibration_weighs_each_bin_s_gap_by_its_rows() -> None:
    # 40 rows at .9 of which 30 hold (gap .15), 60 at .2 of which 12 hold (gap 0): error .4 * .15 = .06.
    group = (
        [Row("a", True, True, 0.9)] * 30
        + [Row("a", True, False, 0.9)] * 10
        + [Row("a", False, True, 0.2)] * 12
        + [Row("a", False, False, 0.2)] * 48
    )
    # 50 rows at .5 of which 10 hold: error .3.
    other = [Row("b", True, True, 0.5)] * 10 + [Row("b", True, False, 0.5)] * 40
    found = calibration(group + other, draws=200)
    assert found.groups["a"].error == pytest.approx(0.06)
    assert found.groups["a"].lean == pytest.approx(0.06)
    assert found.groups["b"].error == pytest.approx(0.3)
    assert found.groups["b"].low < 0.3 < found.groups["b"].high
    assert found.difference.value == pytest.approx(0.24)
    assert found.difference.between == ("a", "b")


def test_a_score_of_one_falls_into_the_last_bin() -> None:
    assert calibration([Row("a", True, True, 1.0)] * 40, draws=10).groups["a"].error == 0


def test_representation_compares_with_equal_or_expected_shares() -> None:
    data = rows("a", hit=75) + rows("b", hit=25)
    equal = representation(data)
    assert {name: each.ratio for name, each in equal.items()} == {"a": 1.5, "b": 0.5}
    expected = representation(data, expected={"a": 0.5, "b": 0.4, "c": 0.1})
    assert {name: each.ratio for name, each in expected.items()} == pytest.approx(
        {"a": 1.5, "b": 0.625, "c": 0}
    )
    assert expected["b"].share.low == pytest.approx(0.1755, abs=1e-3)


@pytest.mark.parametrize("expected", [{"a": 0.5}, {"b": 1.0}, {"a": 1.0, "b": 0.0}])
def test_expected_shares_that_make_no_sense_are_refused(expected: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="share"):
        representation(rows("a", hit=3), expected=expected)


def test_small_groups_are_flagged_and_not_compared() -> None:
    parity = demographic_parity(rows("a", hit=30, quiet=30) + rows("few", hit=29))
    assert (parity.rates["few"].small, parity.rates["a"].small) == (True, False)
    assert (parity.difference, parity.ratio) == (Difference(None, None, None, None), None)


def test_the_same_seed_gives_the_same_intervals_and_another_others() -> None:
    data = rows("a", hit=33, quiet=30) + rows("b", alarm=10, quiet=37)
    assert demographic_parity(data, seed=5) == demographic_parity(data, seed=5)
    assert demographic_parity(data, seed=5).difference != demographic_parity(data, seed=6).difference


def test_no_rows_have_no_groups() -> None:
    assert demographic_parity([]).rates == {}
    assert equalised_odds([]).value is None
    assert representation([]) == {}
