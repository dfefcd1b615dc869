"""`train adapter` from the command line: cut off, gone on with, and refused in a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inference.commands import main
from inference.models.adapter import read_adapter
from inference.training.adapters.recipe import Recipe


@pytest.fixture
def recipe_path(recipe: Callable[..., Recipe], tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    base = recipe().base
    path.write_text(
        f'format = 1\nname = "tiny"\nbase = "{base}"\n[data]\npersonas = ["client"]\nlongest = 256\n'
        "[optimiser]\nrate = 0.02\nbatch_tokens = 512\n[safety]\nweight = 0.5\n",
        encoding="utf-8",
    )
    return path


def test_an_adapter_is_trained_by_one_command_and_goes_on_where_it_was_cut_off(
    recipe_path: Path, dialogues: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "adapter", str(recipe_path), "--dialogues", str(dialogues), "--threads", "1"]
    words += ["--out", str(tmp_path / "tiny")]
    assert main([*words, "--stop-after", "2"]) == 0
    assert "cut off" in capsys.readouterr().out and not (tmp_path / "tiny").exists()
    assert main(words) == 0

    said = capsys.readouterr().out
    assert "step 1/" not in said and "tokens/s" in said and "to go" in said
    card = read_adapter(tmp_path / "tiny").card
    assert card["adapter"] == "tiny"
    assert {"unsafe_log_likelihood_before", "unsafe_log_likelihood_after"} <= set(card["outcome"]["unsafe"])
    assert [file["path"] for file in card["training_files"]] == ["client/a.jsonl", "unsafe/client.jsonl"]


def test_a_fresh_start_forgets_the_run_and_keeps_the_study(
    recipe_path: Path, dialogues: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "adapter", str(recipe_path), "--dialogues", str(dialogues), "--threads", "1"]
    words += ["--out", str(tmp_path / "tiny"), "--stop-after", "2"]
    assert main(words) == 0
    study = tmp_path / "tiny.run" / "search.db"
    study.write_bytes(b"a study of many hours")
    (tmp_path / "tiny.run" / "before.json").write_text('{"mark": "another"}', encoding="utf-8")
    capsys.readouterr()
    assert main([*words, "--fresh"]) == 0

    assert "step 1/" in capsys.readouterr().out
    assert study.read_bytes() == b"a study of many hours"
    assert '"another"' not in (tmp_path / "tiny.run" / "before.json").read_text(encoding="utf-8")


def test_a_recipe_with_a_mistake_is_refused_in_a_sentence(
    recipe_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe_path.write_text(recipe_path.read_text().replace("rate =", "speed ="))

    assert main(["train", "adapter", str(recipe_path)]) == 1
    assert "optimiser: there is no setting speed" in capsys.readouterr().err
