import json
from pathlib import Path

import pytest

from inference.commands import main

ROWS = [
    {"id": "1", "text": "I am going to kill myself tonight.", "crisis": True},
    {"id": "2", "text": "The bus was late again.", "crisis": False},
]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rows, in an installation that has fetched no encoder."""
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "var"))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_each_row_is_written_with_its_prediction(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = data.with_name("out.jsonl")
    assert main(["predict", "crisis", "--data", str(data), "--out", str(out)]) == 0
    written = [json.loads(line) for line in out.read_text().splitlines()]
    assert [{key: row[key] for key in ROWS[0]} for row in written] == ROWS
    assert [row["prediction"]["crisis"] for row in written] == [True, False]
    said = capsys.readouterr()
    assert said.out == ""
    assert "the rules alone answer" in " ".join(said.err.split())


def test_a_file_that_cannot_be_used_ends_with_a_sentence(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "crisis", "--data", "/nowhere.jsonl", "--out", str(data.with_name("out"))]) == 1
    assert "inference predict: /nowhere.jsonl: cannot be read" in capsys.readouterr().err
    assert not data.with_name("out").exists()


def test_a_suite_that_is_not_there_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["predict", "moods", "--data", str(data), "--out", "out.jsonl"])
    assert "client_talk" in capsys.readouterr().err
