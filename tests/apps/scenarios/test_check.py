from pathlib import Path

import pytest

from apps.scenarios.check import check_file, main
from tests.clients import TINY, tiny_text


def test_check_says_what_a_small_bank_lacks_for_the_library() -> None:
    found = check_file(TINY)

    assert "tiny-client.toml:84: lines: has 19 lines; at least 110" in found
    assert 'tiny-client.toml:84: lines: act "commit" has 1 lines; at least 3' in found


def test_check_names_a_line_that_says_the_same_twice(tmp_path: Path) -> None:
    path = tmp_path / "tiny-client.toml"
    path.write_text(tiny_text(('text = "Mm."', 'text = "Go on then"')), encoding="utf-8")

    assert any("lines[15].text: says the same as lines[7]" in problem for problem in check_file(path))


def test_check_prints_each_problem_and_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("format = 2", encoding="utf-8")

    assert main([str(path)]) == 1
    assert "bad.toml:1: format: must be 1" in capsys.readouterr().out


def test_check_passes_the_whole_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "sound" in capsys.readouterr().out


def test_check_wants_lines_after_a_disclosure_and_answers_to_what_is_often_asked() -> None:
    found = check_file(TINY)

    assert any(problem.endswith("gates[0].id: has 0 lines since it; 6") for problem in found)
    assert any('moment "how_long" has 0 lines; at least 3' in problem for problem in found)
