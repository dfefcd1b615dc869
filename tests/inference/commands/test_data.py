import json
from pathlib import Path

import pytest

from inference.commands import main


def test_a_recipes_examples_are_written_with_their_shares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "build", "dual", "--out", str(tmp_path)]) == 0

    summary = json.loads(capsys.readouterr().out)
    kept, aside = (
        [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("kept", "aside")
    )
    assert len(kept) == summary["kept"]["examples"] and not {row["id"] for row in kept} & {
        row["id"] for row in aside
    }
    assert all(row["messages"][place]["role"] == "assistant" for row in kept for place in row["learned"])
    shares = summary["shares"]["all"]
    assert shares["companion"] + shares["therapist"] == pytest.approx(0.6, abs=0.02)
    assert shares["client"] == pytest.approx(0.3, abs=0.02)
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8")) == summary


def test_a_recipe_that_is_not_there_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "build", "weather"]) == 1
    assert "weather.toml" in capsys.readouterr().err
