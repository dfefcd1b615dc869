import numpy as np
import pytest

from inference.evaluation.figures import (
    Figure,
    class_f1,
    confusion,
    f_of,
    figure,
    macro_f1,
    rate,
    sessions,
    share,
    wilson,
)


def counts_of(hits: int, n: int) -> np.ndarray:
    return np.array([[float(at < hits), 1.0] for at in range(n)])


def test_class_f1_counts_what_was_missed_and_what_was_said_wrongly() -> None:
    cells = confusion(["a", "a", "b", "b"], ["a", "b", "b", "b"], ("a", "b")).sum(0, keepdims=True)
    assert class_f1(cells)[0].tolist() == pytest.approx([2 / 3, 0.8])


def test_macro_f1_leaves_out_a_label_that_no_row_has() -> None:
    cells = confusion(["a", "a"], ["a", "c"], ("a", "b")).sum(0, keepdims=True)
    assert macro_f1(cells)[0] == pytest.approx(2 / 3)


def test_a_row_of_another_label_counts_against_the_label_it_was_called() -> None:
    cells = confusion(["a", "elsewhere"], ["a", "a"], ("a",)).sum(0, keepdims=True)
    assert class_f1(cells)[0].tolist() == pytest.approx([2 / 3])


def test_f2_weighs_a_miss_more_than_a_false_find() -> None:
    missed, invented = np.array([[5.0, 5.0, 10.0]]), np.array([[5.0, 10.0, 5.0]])
    assert f_of(missed, beta=2)[0] == pytest.approx(25 / 45)
    assert f_of(invented, beta=2)[0] == pytest.approx(25 / 30)


def test_an_interval_is_that_of_a_share() -> None:
    found = figure("share", counts_of(30, 100), share)
    assert (found.value, found.n) == (0.3, 100)
    assert found.low == pytest.approx(0.21, abs=0.015)
    assert found.high == pytest.approx(0.39, abs=0.015)


def test_a_figure_is_the_same_every_time() -> None:
    assert figure("share", counts_of(7, 20), share) == figure("share", counts_of(7, 20), share)


def test_rows_of_one_session_are_drawn_together() -> None:
    counts = counts_of(50, 100)
    apart = figure("share", counts, share)
    together = figure("share", counts, share, units=["a"] * 50 + ["b"] * 50)
    assert (together.low, together.high) == (0.0, 1.0)
    assert apart.low > 0.3 and apart.high < 0.7


def test_a_figure_that_nothing_bears_on_is_none() -> None:
    assert figure("share", np.zeros((3, 2)), share) == Figure("share", None, None, None, 3)
    assert figure("share", np.zeros((0, 2)), share) == Figure("share", None, None, None, 0)


def test_no_alarm_in_fifty_is_not_sure_to_be_none_at_all() -> None:
    none = rate("false alarms", [False] * 50)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.0714, abs=0.0005)


def test_wilsons_interval_holds_its_published_example() -> None:
    low, high = wilson(1, 29)  # Newcombe 1998, table I: .0061 to .1718
    assert (round(low, 4), round(high, 4)) == (0.0061, 0.1718)


def test_rows_without_a_session_are_drawn_alone() -> None:
    assert sessions([{"session": "a"}, {}]) == [("session", "a"), ("row", 1)]
    assert sessions([{}, {"session": None}]) == []
