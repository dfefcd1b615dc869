"""Files whose sums are known, and how a name tells them."""

import hashlib
from pathlib import Path

import pytest

from inference.models.catalogue import EMBEDDINGS, MARK, TEXT, checked_sum, folder_of
from inference.models.checksum import revision_of, short


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_told_by_the_beginning_of_its_own_sum(tmp_path: Path) -> None:
    file = tmp_path / "some.gguf"
    file.write_bytes(b"weights")
    assert revision_of(file) == f"sha256:{sum_of(b'weights')[:12]}"


def test_a_folder_is_told_by_its_weights_and_by_nothing_else_in_it(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    before = revision_of(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "consolidated.safetensors").write_bytes(b"the same in another form")
    assert before == revision_of(tmp_path) == short(sum_of(b"weights"))


def test_a_folder_in_pieces_is_told_by_all_of_them_and_their_names(tmp_path: Path) -> None:
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    lines = "".join(f"{sum_of(name.encode())}  {name}\n" for name in names)
    assert revision_of(tmp_path) == short(sum_of(lines.encode()))
    (tmp_path / names[1]).write_bytes(b"changed")
    assert revision_of(tmp_path) != short(sum_of(lines.encode()))


def test_a_folder_without_weights_is_told_by_nothing(tmp_path: Path) -> None:
    assert revision_of(tmp_path) == ""


@pytest.mark.parametrize("model", [TEXT, EMBEDDINGS])
def test_a_bundled_file_is_told_by_the_sum_that_fetching_found(model: object, tmp_path: Path) -> None:
    folder = folder_of(model, tmp_path)
    folder.mkdir(parents=True)
    weights = folder / model.weights
    with weights.open("wb") as opened:
        opened.truncate(model.size)
    assert checked_sum(weights) == ""
    (folder / MARK).write_text(model.sha256 + "\n")
    assert checked_sum(weights) == model.sha256 and revision_of(weights) == short(model.sha256)
    assert checked_sum(folder) == checked_sum(tmp_path / model.weights) == checked_sum(Path("x.gguf")) == ""


def test_a_bundled_file_of_another_size_is_read(tmp_path: Path) -> None:
    folder = folder_of(TEXT, tmp_path)
    folder.mkdir(parents=True)
    (folder / MARK).write_text(TEXT.sha256)
    (folder / TEXT.weights).write_bytes(b"weights")
    assert revision_of(folder / TEXT.weights) == short(sum_of(b"weights"))
