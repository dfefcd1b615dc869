import hashlib
import json
from pathlib import Path

import pytest

from inference.commands import main

ROWS = [
    {"text": "I am going to kill myself tonight.", "crisis": True, "type": "suicidal"},
    {"text": "The bus was late again.", "crisis": False, "type": "none"},
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rows, in an installation that has fetched no encoder."""
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "var"))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_figures_are_shown_and_written_with_what_they_were_made_of(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = data.with_name("figures.json")
    assert main(["evaluate", "crisis", "--data", str(data), "--json", str(out)]) == 0
    written = json.loads(out.read_text())
    assert (written["suite"], written["rows"]) == ("crisis", 2)
    assert written["file"] == {"name": "rows.jsonl", "sha256": hashlib.sha256(data.read_bytes()).hexdigest()}
    assert written["versions"]["screen"].startswith("screen ")
    recall = next(figure for figure in written["figures"] if figure["name"] == "recall")
    assert recall == {"layer": "lexical", "name": "recall", "value": 1.0, "low": 0.2065, "high": 1.0, "n": 1}
    said = capsys.readouterr()
    assert "false alarms" in said.out
    assert "the rules alone answer" in " ".join(said.err.split())


def test_a_layer_can_be_asked_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "crisis", "--data", str(data), "--layer", "lexical"]) == 0
    assert "rules alone" not in capsys.readouterr().err


def test_a_layer_that_is_not_here_is_not_answered_by_another(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "crisis", "--data", str(data), "--layer", "model"]) == 1
    said = capsys.readouterr()
    assert "the trained heads are not here" in said.err
    assert "recall" not in said.out


def test_rows_without_labels_are_said_to_be_so(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "toxicity", "--data", str(data)]) == 1
    assert "a row has no 'label' text" in capsys.readouterr().err


def test_a_suite_that_asks_no_head_misses_none(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.write_text(json.dumps({"text": "What is a complex reflection?", "persona": "education"}) + "\n")
    assert main(["evaluate", "persona", "--data", str(data)]) == 0
    said = capsys.readouterr()
    assert "rules alone" not in said.err
    assert "abstention" in said.out and "accuracy" in said.out
