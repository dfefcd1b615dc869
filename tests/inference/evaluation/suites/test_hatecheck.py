import pytest

from inference.evaluation.suites.hatecheck import figures

SAID = [{"hateful": True, "score": 0.9}, {"hateful": False, "score": 0.1}]


@pytest.mark.parametrize(
    "labels",
    [
        [{"hateful": True}, {"hateful": True}],
        [{"label": "hateful"}, {"label": "hateful"}],
        [{"label_gold": "hateful"}, {"label_gold": "hateful"}],
    ],
)
def test_labels_are_read_as_published_or_as_true_and_false(labels: list[dict[str, object]]) -> None:
    assert figures(labels, SAID)[0].value == 0.5


def test_accuracy_is_given_for_each_functionality() -> None:
    rows = [{"hateful": True, "functionality": "slur_h"}, {"hateful": True, "functionality": "negate_neg_nh"}]
    found = {figure.name: (figure.value, figure.n) for figure in figures(rows, SAID)}
    assert found["accuracy"] == (0.5, 2)
    assert found["accuracy, slur_h"] == (1.0, 1)
    assert found["accuracy, negate_neg_nh"] == (0.0, 1)
