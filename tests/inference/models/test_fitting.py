"""Who may speak on a model: by the card, and beside others that may not."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from inference.contracts import ModelName
from inference.models.catalogue import TEXT
from inference.models.fitting import Base, choose, misfit
from inference.models.registry import Registry
from inference.persona import FORM_VERSION
from tests.inference.models.conftest import make_adapter

BASE = Base(ModelName("Small", "1.0 Q4"), sha256="c" * 64)
MADE_FOR = {"name": "Small", "revision": "1.0 Q4", "sha256": "c" * 64}


def card(**changes: object) -> dict[str, object]:
    return {"adapter": "client", "version": "client 1", "form": FORM_VERSION, "base": MADE_FOR} | changes


@pytest.fixture
def shipped(registry: Registry) -> Callable[..., Path]:
    """Ships an adapter of this name with these facts on its card."""

    def ship(name: str, **facts: object) -> Path:
        folder = make_adapter(registry.shipped / name, name=name, version=f"{name} 1")
        file = folder / "card.json"
        file.write_text(
            json.dumps(json.loads(file.read_text()) | {"form": FORM_VERSION, "base": MADE_FOR} | facts)
        )
        return folder

    return ship


def test_an_adapter_made_for_this_file_and_form_may_speak() -> None:
    assert misfit(card(), BASE) == ""
    assert misfit(card(base={"name": "Small", "sha256": "c" * 64}), BASE) == ""


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"form": FORM_VERSION + 1}, f"trained on form {FORM_VERSION + 1}"),
        ({"form": str(FORM_VERSION)}, "trained on form"),
        ({"form": None}, "trained on form None"),
        ({"base": MADE_FOR | {"name": "Large"}}, "made for Large, and Small speaks"),
        ({"base": MADE_FOR | {"sha256": "d" * 64}}, "another file of Small"),
        ({"base": {"name": "Small"}}, "another file of Small"),
        ({"base": MADE_FOR | {"revision": "2.0"}}, "made for Small at 2.0, and it speaks at 1.0 Q4"),
    ],
)
def test_another_form_or_another_base_is_told_of(changes: Mapping[str, object], says: str) -> None:
    assert says in misfit(card(**changes), BASE)


def test_on_a_model_whose_file_is_not_known_nothing_fits() -> None:
    unknown = {"name": "Small", "revision": "1.0 Q4", "sha256": ""}
    assert misfit(card(base=unknown), Base(ModelName("Small", "1.0 Q4"))) != ""


def test_what_does_not_fit_is_refused_beside_what_does(
    registry: Registry, shipped: Callable[..., Path]
) -> None:
    folder = shipped("client")
    shipped("companion", form=FORM_VERSION + 1)
    (shipped("spoiled") / "adapter_config.json").unlink()
    (registry.shipped / "__pycache__").mkdir()
    chosen = choose(registry, BASE)

    assert {name: each.folder for name, each in chosen.adapters.items()} == {"client": folder}
    assert set(chosen.refused) == {"companion", "spoiled"}
    assert chosen.refused["companion"].startswith("companion 1: was trained on form")


def test_nothing_speaks_and_nothing_is_refused_where_no_adapter_is(registry: Registry) -> None:
    chosen = choose(registry, BASE)
    assert (dict(chosen.adapters), dict(chosen.refused)) == ({}, {})


def test_every_shipped_adapter_may_speak_on_the_bundled_model(tmp_path: Path) -> None:
    registry = Registry(data=tmp_path)
    chosen = choose(registry, Base(TEXT.name, TEXT.sha256))
    assert dict(chosen.refused) == {} and sorted(chosen.adapters) == registry.names()
