"""Measuring from the command line, the tiny random model speaking."""

import json
from pathlib import Path

import pytest

from inference.commands import main
from inference.models.adapter import address_of, read_adapter, sha256_of
from inference.models.figure_file import read_figures
from inference.models.registry import Registry
from tests.inference.evaluation.adapters.test_engine import made_adapter

FEW = ["--contexts", "2", "--talks", "1", "--candidates", "1", "--threads", "1"]


@pytest.fixture
def adapter(tiny_model: Path, tmp_path: Path) -> Path:
    """A client's adapter on the tiny model, with its card."""
    folder = made_adapter(tiny_model, tmp_path / "made")
    (folder / "README.md").unlink(missing_ok=True)
    card = {
        "adapter": "client",
        "version": "client 1",
        "weights_sha256": sha256_of(folder / "adapter_model.safetensors"),
        "base": {"name": "tiny"},
    }
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_an_adapter_is_measured_and_its_figures_are_filed_for_the_gate(
    adapter: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    out = [f"--{name}={tmp_path / name}" for name in ("json", "markdown", "prometheus", "replies")]

    assert (
        main(["evaluate-adapter", "client", f"--adapter={adapter}", f"--base={tiny_model}", *FEW, *out]) == 0
    )

    figures = read_figures(tmp_path / "json")
    assert figures.adapter == address_of(adapter) and figures.about["contexts"] == 2
    assert {"perplexity", "role", "latency", "conversation"} <= {each.suite for each in figures.measured}
    assert Registry().figures_of(read_adapter(adapter)) == figures
    assert "the gate" in capsys.readouterr().out
    assert (tmp_path / "markdown").read_text().startswith("# client: client 1")
    assert "pixelated_adapter_figure" in (tmp_path / "prometheus").read_text()
    assert len((tmp_path / "replies").read_text().splitlines()) == 2


def test_a_bare_model_is_measured_in_plain_words(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))

    assert main(["evaluate-adapter", "companion", "--bare", f"--base={tiny_model}", *FEW]) == 0
    assert read_figures(tmp_path / "registry" / "companion" / "figures" / "bare.json").adapter == ""


def test_an_adapter_may_be_heard_as_another_persona_without_figures_for_the_gate(
    adapter: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))

    assert main(["evaluate-adapter", "companion", f"--adapter={adapter}", f"--base={tiny_model}", *FEW]) == 0
    assert "heard as companion" in capsys.readouterr().out
    assert not (tmp_path / "data" / "registry").exists()


def test_where_nobody_speaks_it_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("inference.models.registry.SHIPPED_ADAPTERS", tmp_path / "none")

    assert main(["evaluate-adapter", "companion"]) == 1
    assert "name one with --adapter" in capsys.readouterr().err
