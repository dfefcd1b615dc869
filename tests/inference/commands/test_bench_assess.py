"""What an assessment costs, measured by a command."""

import json
from pathlib import Path

import pytest

from inference.commands import main


def test_bench_assess_measures_with_or_without_heads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    out = tmp_path / "figures.json"

    assert main(["bench-assess", "--messages", "6", "--threads", "1", "--json", str(out)]) == 0

    figures = json.loads(out.read_text(encoding="utf-8"))
    assert figures == json.loads(capsys.readouterr().out)
    assert figures["heads"] == []
    assert figures["messages"] == 6
    assert 0 < figures["assess_ms"]["p50"] <= figures["assess_ms"]["p99"]
    assert figures["batch_messages_per_s"] > 0


def test_the_screen_takes_time_linear_in_the_length_of_a_text() -> None:
    from inference.commands.bench_assess import _each, _texts
    from inference.safety.screen import screen

    text = " ".join(_texts(600))
    long, short = (text * 40)[:100_000], (text * 40)[:10_000]

    assert min(_each(screen, [long] * 3)) < 25 * min(_each(screen, [short] * 5))
