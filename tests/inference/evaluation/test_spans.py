"""Scores of spans, by hand-made examples."""

import pytest

from inference.evaluation.spans import Marked, Overlap, Tally, far_enough, tally, totals


@pytest.mark.parametrize(
    ("found", "true", "union", "mutual", "covers"),
    [
        ((0, 10), (0, 10), True, True, True),
        ((0, 5), (0, 10), True, True, True),
        ((0, 4), (0, 10), False, False, False),
        ((5, 15), (0, 10), False, True, True),
        ((0, 30), (10, 20), False, False, True),
        ((10, 20), (0, 10), False, False, False),
    ],
)
def test_far_enough_follows_its_meaning(
    found: tuple[int, int], true: tuple[int, int], union: bool, mutual: bool, covers: bool
) -> None:
    judged = [far_enough(Marked("name", *found), Marked("name", *true), overlap) for overlap in Overlap]

    assert judged == [union, mutual, covers]


def test_far_enough_asks_for_the_same_kind() -> None:
    assert not far_enough(Marked("name", 0, 5), Marked("address", 0, 5), Overlap.COVERS)


def test_tally_counts_each_found_span_once() -> None:
    true = [Marked("name", 0, 4), Marked("name", 10, 14)]
    found = [Marked("name", 0, 4), Marked("name", 0, 5), Marked("phone", 20, 30)]

    assert tally(found, true) == {"name": Tally(1, 1, 1), "phone": Tally(0, 0, 1)}


def test_tally_lets_one_span_cover_several_where_covering_is_meant() -> None:
    pieces = [Marked("address", 0, 3), Marked("address", 4, 20)]
    whole = [Marked("address", 0, 20)]

    assert tally(whole, pieces, Overlap.COVERS) == {"address": Tally(2, 0, 0)}
    assert tally(whole, pieces, Overlap.UNION) == {"address": Tally(1, 1, 0)}


def test_f_weighs_recall_by_beta() -> None:
    assert Tally(hits=1, missed=1).f() == pytest.approx(5 / 9)
    assert Tally(hits=1, false=1).f() == pytest.approx(5 / 6)
    assert Tally(hits=1, missed=1).f(beta=1) == pytest.approx(2 / 3)
    assert Tally().f() == 1.0


def test_totals_add_up_by_kind_and_over_all() -> None:
    rows = [{"name": Tally(1, 0, 0)}, {"name": Tally(0, 1, 0), "ip": Tally(0, 0, 2)}]

    assert totals(rows) == {"ip": Tally(0, 0, 2), "name": Tally(1, 1, 0), "all": Tally(1, 1, 2)}
