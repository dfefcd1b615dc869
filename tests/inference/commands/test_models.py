import pytest

from inference.commands import main


def test_list_names_the_models_and_whether_they_are_here(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["smollm2-135m-instruct", "all-minilm-l6-v2"]
    assert all(line.endswith("not here") for line in lines)
