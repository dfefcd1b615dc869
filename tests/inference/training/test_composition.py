import json
from pathlib import Path

import pytest

from inference.commands import main
from inference.encoder.heads import ADAPTERS
from inference.training.composition import DATASHEET, WRITTEN, counts, described

LABELS = WRITTEN / "LABELS.md"


def test_the_datasheet_counts_what_is_there() -> None:
    page = DATASHEET.read_text(encoding="utf-8")
    assert page == described(page), "run: python -m inference describe --write"


def test_every_label_a_head_learns_from_these_rows_is_defined() -> None:
    page = LABELS.read_text(encoding="utf-8")
    own = [
        spec
        for specs in ADAPTERS.values()
        for spec in specs
        if spec.name not in ("toxicity", "emotion", "behaviour", "bias", "hate")
        and not spec.name.startswith("empathy.")
    ]
    missing = {label for spec in own for label in spec.labels if label not in page}
    assert len(own) > 8 and missing == set()
    assert "`none` and `low` are no crisis" in page


def test_counts_are_of_rows_turns_and_labels(tmp_path: Path) -> None:
    rows = {
        "harm/g": {
            "text": "two words",
            "hateful": False,
            "biased": True,
            "kinds": ["age", "gender"],
            "pair": "p",
        }
        | {"level": "low", "frame": "clinical"},
        "talk/d": {
            "quality": "poor",
            "turns": [
                {"speaker": "therapist", "text": "Well?", "codes": ["Q"], "form": "open"},
                {"speaker": "client", "text": "Well.", "talk": "neutral"},
            ],
        },
        "pii/i": {"text": "[[name:Ada]] and [[name:Bo]]"},
    }
    for name, row in rows.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    said = counts(tmp_path)
    for line in (
        "| harm/g.jsonl | 1 | 0 | 0 | 1 | 2 |",
        "| talk/d.jsonl | 1 | 2 | 0 | 0 | 2 |",
        "| all | 3 | 2 | 0 | 1 | 7 |",
        "| harm | kinds | age 1, gender 1 |",
        "| harm | hateful | false 1 |",
        "| talk | codes | Q 1 |",
        "| pii | marks | name 2 |",
    ):
        assert line in said.split("\n")


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no marks"):
        described("# Datasheet\n")


def test_the_command_says_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe"]) == 0
    assert capsys.readouterr().out.startswith("| file | rows |")
