"""Measuring from the command line, the tiny random model speaking."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inference.commands import main
from inference.commands.evaluate_adapter import Page, keep, page_of
from inference.models.adapter import address_of, read_adapter, sha256_of
from inference.models.figure_file import read_figures
from inference.models.registry import Registry
from tests.inference.evaluation.adapters.test_engine import made_adapter
from tests.inference.models.conftest import make_adapter, make_figures

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


def test_an_adapter_is_measured_and_figures_of_a_short_trial_are_written_where_asked_and_filed_nowhere(
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
    said = capsys.readouterr().out
    assert "the figures are not filed for the gate:" in said and "the gate holds it back:" in said
    assert "measured on 2 replies, and the gate asks for 200" in said
    assert "not measured on SmolLM2-135M-Instruct, the model that comes with the product" in said
    assert Registry().figures_of(read_adapter(adapter)) is None
    assert not (adapter / "figures.json").exists()
    assert figures.comparable["base"] == sha256_of(tiny_model / "model.safetensors")
    page = (tmp_path / "markdown").read_text()
    assert page.startswith("# client: client 1") and "## Emotional authenticity" in page
    told = json.loads((tmp_path / "json").read_text())["rubrics"]
    assert {each["rubric"] for each in told} == {"clinical_accuracy", "emotional_authenticity"}
    assert "pixelated_adapter_figure" in (tmp_path / "prometheus").read_text()
    assert len((tmp_path / "replies").read_text().splitlines()) == 2


def test_a_bare_model_is_measured_in_plain_words(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))

    out = f"--json={tmp_path / 'bare.json'}"
    assert main(["evaluate-adapter", "companion", "--bare", f"--base={tiny_model}", *FEW, out]) == 0
    assert read_figures(tmp_path / "bare.json").adapter == ""


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


def test_figures_of_a_whole_measurement_lie_beside_the_adapter_and_where_promotion_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    folder = make_adapter(tmp_path / "made")
    figures = make_figures(address_of(folder))
    registry = Registry(shipped=tmp_path / "none")

    said = keep(registry, Page(figures), beside=folder)

    assert said == [f"the figures are in {folder / 'figures.json'} and figures.md"]
    assert read_figures(folder / "figures.json") == figures == registry.figures_of(read_adapter(folder))
    assert "## Clinical accuracy" in (folder / "figures.md").read_text()
    assert registry.promote("client", registry.register(folder).sha256).passed


@pytest.mark.parametrize(
    "short", [{"comparable": {"base": "d" * 64}}, {"comparable": {}}, {"measured": ()}], ids=str
)
def test_figures_that_do_not_count_take_nobodys_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short: dict[str, object]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    folder = make_adapter(tmp_path / "made")
    figures = make_figures(address_of(folder))
    registry = Registry(shipped=tmp_path / "none")
    keep(registry, Page(figures), beside=folder)

    said = keep(registry, Page(replace(figures, **short)), beside=folder)  # type: ignore[arg-type]

    assert said[0] == "the figures are not filed for the gate:"
    assert read_figures(folder / "figures.json") == figures == registry.figures_of(read_adapter(folder))


def test_what_the_gate_would_say_is_what_promotion_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    registry = Registry(shipped=tmp_path / "shipped")
    make_adapter(registry.shipped / "client", weights=b"ship")
    adapter = registry.register(make_adapter(tmp_path / "made"))
    figures = make_figures(adapter.sha256)
    registry.file_figures(figures)

    page = page_of(registry, figures, adapter, None)

    assert not page.verdict.passed and page.standing is None
    assert page.verdict == registry.promote("client", adapter.sha256)


def test_where_nobody_speaks_it_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("inference.models.registry.SHIPPED_ADAPTERS", tmp_path / "none")

    assert main(["evaluate-adapter", "companion"]) == 1
    assert "name one with --adapter" in capsys.readouterr().err
