"""Which adapters get onto a loaded model, and what is said of the others."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inference.contracts import ModelName
from inference.engine.adapters import put_on
from inference.engine.loader import LoadedModel, load, quicken
from inference.errors import ModelError
from inference.models.adapter import read_adapter
from inference.models.fitting import Chosen

Made = Callable[..., Path]


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> LoadedModel:
    return quicken(load(str(tiny_model), name=ModelName("tiny", "1")))


def test_an_adapter_that_fits_speaks_under_its_address_and_card(
    model: LoadedModel, tiny_adapter: Made, tmp_path: Path
) -> None:
    adapter = read_adapter(tiny_adapter(tmp_path / "client"))
    speaking = put_on(model, Chosen({"client": adapter}, {}))

    said = ModelName("tiny", "1", adapter=f"client@{adapter.sha256[:12]}", card="client 3")
    assert speaking.spoken_as("client") == said and not speaking.refused
    assert speaking.spoken_as("") == ModelName("tiny", "1")
    with pytest.raises(ModelError):
        speaking.spoken_as("companion")


def test_one_of_another_width_is_refused_aloud_and_the_others_speak(
    model: LoadedModel, tiny_adapter: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wide = read_adapter(tiny_adapter(tmp_path / "wide", name="wide", width=48))
    sound = read_adapter(tiny_adapter(tmp_path / "client"))
    with caplog.at_level(logging.INFO):
        speaking = put_on(model, Chosen({"wide": wide, "client": sound}, {"old": "was made for another"}))

    assert set(speaking.adapters) == {"client"}
    assert speaking.refused["old"] == "was made for another"
    assert speaking.refused["wide"].startswith("wide 3: the adapter wide does not fit the model")
    assert "the adapter old does not speak: was made for another" in caplog.text
    assert "the adapter client speaks: client 3" in caplog.text


def test_one_that_changes_between_choosing_and_reading_is_refused(
    model: LoadedModel, tiny_adapter: Made, tmp_path: Path
) -> None:
    chosen = read_adapter(tiny_adapter(tmp_path / "chosen"))
    other = tiny_adapter(tmp_path / "other", seed=4)
    speaking = put_on(model, Chosen({"client": replace(chosen, folder=other)}, {}))

    assert not speaking.adapters and "changed" in speaking.refused["client"]


def test_on_a_model_of_an_unknown_kind_none_speaks(
    tiny_model: Path, tiny_adapter: Made, tmp_path: Path
) -> None:
    borrowed = load(str(tiny_model))
    adapter = read_adapter(tiny_adapter(tmp_path / "client"))
    speaking = put_on(borrowed, Chosen({"client": adapter}, {}))

    assert not speaking.adapters and "of this kind" in speaking.refused["client"]
