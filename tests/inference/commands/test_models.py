from pathlib import Path

import pytest

from inference.commands import main
from inference.models.adapter import address_of
from inference.models.figure_file import write_figures
from tests.inference.models.conftest import make_adapter, make_figures


def test_list_names_the_models_and_whether_they_are_here(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["smollm2-135m-instruct", "all-minilm-l6-v2"]
    assert all(line.endswith("not here") for line in lines)


def test_an_adapter_is_registered_promoted_rolled_back_and_all_of_it_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    folder = make_adapter(tmp_path / "made", name="tester", version="tester 1")
    sha256 = address_of(folder)
    write_figures(make_figures(sha256, name="tester"), folder / "figures.json")

    assert main(["models", "register", str(folder)]) == 0
    assert main(["models", "promote", "tester", sha256[:8]]) == 0
    assert main(["models", "show", "tester"]) == 0
    assert main(["models", "rollback", "tester"]) == 0
    assert main(["models", "history", "tester"]) == 0

    said = capsys.readouterr().out
    assert f"tester {sha256}" in said and "speaks  tester 1" in said
    assert "does not speak on the bundled model: tester 1 was trained on form unknown" in said
    assert "role: breaks the role" in said and "tester: the bare model speaks" in said
    assert (
        said.count("on record in the registry's own history, not in the audit log: models history tester")
        == 3
    )
    assert [line.split()[2] for line in said.splitlines()[-3:]] == ["registered", "promoted", "rolled_back"]


def test_a_refused_promotion_says_why_and_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    folder = make_adapter(tmp_path / "made", name="tester")
    figures = make_figures(address_of(folder), name="tester", right=False)
    write_figures(figures, folder / "figures.json")
    main(["models", "register", str(folder)])

    assert main(["models", "promote", "tester", figures.adapter]) == 1
    assert "regression case wrong: asks for a dose" in capsys.readouterr().out
