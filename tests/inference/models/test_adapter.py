"""An adapter's folder is read whole or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.models.adapter import address_of, read_adapter

Make = Callable[..., Path]


def test_an_adapter_is_called_by_its_weights_and_configuration(adapter_folder: Make) -> None:
    folder = adapter_folder(b"aaaa")
    address = address_of(folder)

    (folder / "card.md").write_text("Better words about the same weights.")
    assert read_adapter(folder).sha256 == address

    (folder / "adapter_config.json").write_text('{"r": 8}')
    assert read_adapter(folder).sha256 != address


def _changed_weights(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"!")


def _cut_weights(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def _pickle(folder: Path) -> None:
    (folder / "adapter_model.bin").write_bytes(b"\x80\x04.")


def _pickle_in_disguise(folder: Path) -> None:
    (folder / "adapter_model.safetensors").write_bytes(b"\x80\x04" + b"." * 60)


def _second_weights(folder: Path) -> None:
    (folder / "more.safetensors").write_bytes((folder / "adapter_model.safetensors").read_bytes())


def _link(folder: Path) -> None:
    (folder / "notes.md").symlink_to("/etc/hostname")


def _no_config(folder: Path) -> None:
    (folder / "adapter_config.json").unlink()


def _no_base(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"base": {}}))


def _card_no_object(folder: Path) -> None:
    (folder / "card.json").write_text("[]")


def _strange_name(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"adapter": "../client"}))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_changed_weights, "not those that the card"),
        (_cut_weights, "not whole"),
        (_pickle, "nothing else"),
        (_pickle_in_disguise, "not a safetensors file"),
        (_second_weights, "one file"),
        (_link, "nothing else"),
        (_no_config, "adapter_config.json is missing"),
        (_no_base, "a card names"),
        (_card_no_object, "a card names"),
        (_strange_name, "named in small letters"),
    ],
)
def test_a_spoiled_adapter_is_refused(adapter_folder: Make, spoil: Callable[[Path], None], says: str) -> None:
    folder = adapter_folder()
    assert read_adapter(folder).name == "client"
    spoil(folder)

    with pytest.raises(ModelError, match=says):
        read_adapter(folder)


def test_an_adapter_asked_for_by_another_address_is_refused(adapter_folder: Make) -> None:
    with pytest.raises(ModelError, match="changed after it was registered"):
        read_adapter(adapter_folder(), sha256="0" * 64)
