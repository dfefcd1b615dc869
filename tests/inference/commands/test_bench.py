import argparse
import io
import json
from pathlib import Path

import pytest
import torch
from rich.console import Console

from inference.commands import main
from inference.commands.bench import _progress, add_arguments, write


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--json", "out.json", *words])


def test_chats_and_engines_are_lists() -> None:
    asked = parsed("--concurrency", "1,16", "--engines", "ours,generate")
    assert (asked.concurrency, asked.engines) == ((1, 16), ("ours", "generate"))


@pytest.mark.parametrize("words", [("--concurrency", "0"), ("--concurrency", "x"), ("--engines", "theirs")])
def test_what_cannot_be_measured_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*words)


def test_no_engine_at_all_may_be_asked_for() -> None:
    assert parsed("--engines", "none", "--random-8b").engines == ()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_random_weights_of_8b_are_refused_without_a_card_before_anything_is_measured(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "result.json"
    words = ["bench", "--json", str(out), "--model", str(tiny_model), "--engines", "none", "--random-8b"]
    assert main(words) == 1
    assert "need a CUDA card with 2" in capsys.readouterr().err
    assert not out.exists()


def test_without_a_terminal_progress_is_told_in_lines_and_not_too_often() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    with _progress(console) as tell:
        for answer in range(5):
            tell(f"ours, 5 chats: {answer} of 5 answers")
    assert console.file.getvalue() == "ours, 5 chats: 0 of 5 answers\n"


def test_a_result_is_written_whole_over_the_one_before(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    write(out, {"complete": False})
    write(out, {"complete": True})
    assert json.loads(out.read_text()) == {"complete": True}
    with pytest.raises(TypeError):
        write(out, {"complete": object()})
    assert json.loads(out.read_text()) == {"complete": True}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_run_leaves_its_result_and_shows_it(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "result.json"
    words = ["--model", str(tiny_model), "--engines", "none", "--concurrency", "1", "--threads", "1"]
    assert main(["bench", "--json", str(out), *words]) == 0
    result = json.loads(out.read_text())
    assert (result["complete"], len(result["bounds"]["steps"])) == (True, 1)
    shown = capsys.readouterr().out
    assert "What bounds a step" in shown
    assert "…" not in shown
