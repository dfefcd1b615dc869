from pathlib import Path

import numpy as np
import pytest

from inference.data.personas import LABELS, Wanted, read_personas
from inference.insight.persona.features import features
from inference.insight.persona.reader import FOLDER, WEIGHTS_FILE, load_weights, read_persona
from inference.training.persona import (
    FOLDS,
    LEAST_RIGHT,
    THRESHOLDS,
    UNWEIGHED,
    fit,
    fold_of,
    out_of_fold,
    threshold_for,
    top,
    write_weights,
)

SAID = {
    "companion": "I miss my sister and cry at night",
    "client": "you said you stopped, tell me about you",
    "education": "what is a complex reflection in therapy",
    "none": "seven boxes of blue paint",
}
ROWS = [
    Wanted(f"{persona}-{number}", f"{text} {'again ' * number}", persona)
    for persona, text in SAID.items()
    for number in range(12)
]


@pytest.mark.parametrize("persona", [label for label in LABELS if label != "none"])
def test_what_was_taught_is_read(persona: str, tmp_path: Path) -> None:
    weights = write_weights(tmp_path, fit(ROWS), threshold=0.5)
    assert read_persona([SAID[persona]], weights=weights).persona == persona


def test_what_wants_nobody_is_abstained_from(tmp_path: Path) -> None:
    weights = write_weights(tmp_path, fit(ROWS), threshold=0.5)
    assert read_persona([SAID["none"]], weights=weights).abstained


def test_what_is_written_answers_as_what_was_fitted(tmp_path: Path) -> None:
    fitted = fit(ROWS)
    values = features(SAID["education"])
    logits = fitted.bias + sum(
        values.get(name, 0.0) * row for name, row in zip(fitted.names, fitted.weights, strict=True)
    )
    expected = np.exp(logits) / np.exp(logits).sum()
    written = write_weights(tmp_path, fitted, threshold=0.5).chances(values)
    assert list(written.values()) == pytest.approx(expected.tolist(), abs=0.005)


def test_the_fit_leaves_no_slope() -> None:
    """At the minimum of the loss the mean chance of each label is its share of the rows."""
    weights = fit(ROWS).as_weights(0.5)
    chances = [weights.chances(features(row.text)) for row in ROWS]
    means = [sum(each[label] for each in chances) / len(chances) for label in LABELS]
    assert means == pytest.approx([0.25] * 4, abs=0.002)


def test_rows_are_judged_by_weights_that_did_not_see_them() -> None:
    odd = Wanted("odd-1", "zebra zebra zebra", "client")
    chances = out_of_fold([*ROWS, odd])
    assert len(chances) == len(ROWS) + 1
    assert top(chances[-1])[1] < 0.9
    assert {fold_of(row) for row in ROWS} == set(range(FOLDS))


def test_a_pair_falls_into_one_fold() -> None:
    assert fold_of(Wanted("a-1", "x", "client", pair="p9")) == fold_of(
        Wanted("b-7", "y", "companion", pair="p9")
    )


def said(label: str, chance: float) -> dict[str, float]:
    return {each: chance if each == label else (1 - chance) / 3 for each in LABELS}


def test_the_threshold_is_the_lowest_that_is_right_often_enough() -> None:
    rows = [Wanted(f"r-{number}", "x", "client") for number in range(10)]
    sure = [said("client", 0.9)] * 9
    assert threshold_for(rows, [*sure, said("education", 0.9)]) == THRESHOLDS[0]
    assert threshold_for(rows, [*sure[:8], said("education", 0.62), said("education", 0.62)]) == 0.65
    assert threshold_for(rows, [said("education", 0.9999)] * 10) == UNWEIGHED
    assert LEAST_RIGHT == 0.9


def test_an_answer_where_none_is_wanted_is_wrong() -> None:
    rows = [Wanted(f"r-{number}", "x", "none") for number in range(4)]
    assert threshold_for(rows, [said("client", 0.999)] * 4) == UNWEIGHED


def test_nothing_to_train_on_is_said_so() -> None:
    with pytest.raises(ValueError, match="no rows"):
        fit([])


def test_the_shipped_weights_are_what_the_shipped_rows_give(tmp_path: Path) -> None:
    kept = [row for row in read_personas()[0] if not row.is_held_out]
    shipped = load_weights(FOLDER / WEIGHTS_FILE)
    trained = write_weights(tmp_path, fit(kept), threshold=shipped.threshold)
    assert trained.bias == pytest.approx(shipped.bias, abs=0.001)
    assert set(trained.by_feature) == set(shipped.by_feature)
    assert all(
        abs(own - other) <= 1
        for name, row in trained.by_feature.items()
        for own, other in zip(row, shipped.by_feature[name], strict=True)
    )
