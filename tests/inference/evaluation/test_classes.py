import numpy as np

from inference.evaluation.classes import alarm_figures, class_figures, multi_label_counts


def test_each_label_is_counted_over_its_own_rows() -> None:
    found = class_figures([{}] * 4, ["a", "a", "b", "b"], ["a", "b", "b", "b"], ("a", "b", "c"), name="x")
    assert [(f.name, f.value, f.n) for f in found] == [
        ("x macro-F1", 0.7333, 4),
        ("x F1 a", 0.6667, 2),
        ("x F1 b", 0.8, 2),
    ]


def test_alarms_are_drawn_by_session_on_either_side() -> None:
    rows = [{"session": name} for name in "aabb"]
    recall, false = alarm_figures(rows, [True, False, True, False], [True, False, False, False])
    assert (recall.value, recall.low, recall.high, recall.n) == (0.5, 0.0, 1.0, 2)
    assert (false.value, false.n) == (0.0, 2)


def test_labels_of_a_row_are_found_one_by_one() -> None:
    counts = multi_label_counts([["a", "b"]], [["a", "c"]], ("a", "b", "c"))
    assert np.array_equal(counts.reshape(3, 3), [[1, 1, 1], [0, 0, 1], [0, 1, 0]])
