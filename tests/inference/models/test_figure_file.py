"""Files of figures: read back as they were, or refused by name."""

import json
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.models.figure_file import read_figures, to_json, write_figures
from tests.inference.models.conftest import make_figures

SOUND = to_json(make_figures("a" * 64))


def test_figures_come_back_as_they_were(tmp_path: Path) -> None:
    figures = make_figures("a" * 64)
    write_figures(figures, tmp_path / "deep" / "figures.json")

    assert read_figures(tmp_path / "deep" / "figures.json") == figures
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["figures.json"]


def changed(**figure: object) -> dict[str, object]:
    return SOUND | {"figures": [SOUND["figures"][0] | figure]}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        SOUND | {"format": 2},
        SOUND | {"figures": [{"suite": "role"}]},
        SOUND | {"cases": [{"right": True}]},
        changed(value="0.5"),
        changed(value=float("nan")),
        changed(low=float("inf")),
        changed(value=True),
        changed(better="sideways"),
        changed(safety="no"),
        changed(unknown=1),
        changed(level="year"),
        changed(n="200"),
        changed(n=None),
    ],
)
def test_what_is_not_in_the_form_is_refused(tmp_path: Path, document: object) -> None:
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(document))

    with pytest.raises(ModelError, match="are no figures of an adapter"):
        read_figures(path)


@pytest.mark.parametrize("right", [1, "yes", None])
def test_a_case_is_right_only_where_it_says_true(tmp_path: Path, right: object) -> None:
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(SOUND | {"cases": [{"id": "x", "right": right}]}))

    assert read_figures(path).cases[0].right is False
