"""A run that would not fit is refused before its model is loaded; one that runs out on the way says so."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from inference.errors import ModelError
from inference.training.adapters.encoding import Encoded
from inference.training.adapters.errors import ShortMemoryError
from inference.training.adapters.memory import Need, Shape, check, needed, shape_of, told_when_short
from inference.training.adapters.network import prepared
from inference.training.adapters.plan import Step
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Setting, run
from inference.training.adapters.search import search

Make = Callable[..., Recipe]
CPU = torch.device("cpu")
SMALL = Shape(layers=2, width=96, heads=4, vocabulary=400, weights=2**20, trained=10_000, number=4)


def steps(*, rows: int, tokens: int) -> list[Step]:
    each = Encoded("a", "client", (5,) * tokens, (False,) + (True,) * (tokens - 1))
    return [Step("all", ((each,) * rows,))]


def setting(folder: Path, dialogues: Path) -> Setting:
    return Setting(folder / "out", folder / "work", dialogues, events=False)


def test_too_little_memory_is_a_sentence_that_says_what_to_lower() -> None:
    need = Need(weights=1.0, trained=0.5, activations=6.0, logits=2.0)

    check(need, 10.5)
    with pytest.raises(
        ShortMemoryError, match="10.4 GiB and 10.0 GiB are free: lower optimiser.batch_tokens"
    ):
        check(need, 10.0)


def test_what_is_counted_without_loading_is_what_is_there_when_loaded(recipe: Make) -> None:
    made = recipe(lora={"rank": 6})
    shape = shape_of(made, made.base, CPU)
    network = prepared(made, made.base, device="cpu").network
    counts = {True: 0, False: 0}
    for each in network.parameters():
        counts[each.requires_grad] += each.numel() * (1 if each.requires_grad else each.element_size())

    assert (shape.trained, shape.weights) == (counts[True], counts[False])
    assert (shape.layers, shape.heads, shape.width) == (2, 4, 32 + 64)


def test_bits_spared_are_counted(recipe: Make) -> None:
    whole, spared = (
        shape_of(recipe(lora={"quantised": is_quantised}), recipe().base, CPU)
        for is_quantised in (False, True)
    )

    assert spared.weights < whole.weights and spared.trained == whole.trained


def test_more_tokens_in_a_batch_need_more_and_recomputing_needs_less() -> None:
    few, many = (needed(SMALL, steps(rows=rows, tokens=64), recompute=False) for rows in (2, 8))
    again = needed(SMALL, steps(rows=8, tokens=64), recompute=True)

    assert (many.activations, many.logits) == (4 * few.activations, 4 * few.logits)
    assert again.activations < many.activations and again.logits == many.logits


def test_a_run_that_does_not_fit_is_refused_before_its_model_is_loaded(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(recipe().base, base)
    (base / "model.safetensors").unlink()
    made, at = recipe(base=str(base)), setting(tmp_path, dialogues)

    with pytest.raises(ShortMemoryError, match=r"0\.5 GiB are free: lower"):
        run(made, at, say=lambda said: None, free=lambda device: 0.5)
    with pytest.raises(ShortMemoryError, match=r"0\.5 GiB are free: lower"):
        search(made, at, trials=1, steps=2, free=lambda device: 0.5)
    with pytest.raises(ModelError, match="cannot be loaded"):
        run(made, at, say=lambda said: None, free=lambda device: 100.0)


def test_a_run_that_fits_says_its_need_and_goes_on(recipe: Make, dialogues: Path, tmp_path: Path) -> None:
    said: list[str] = []
    at = Setting(tmp_path / "out", tmp_path / "work", dialogues, events=False, stop_after=1)

    assert run(recipe(), at, say=said.append, free=lambda device: 4.0) is None
    assert said[0].startswith("memory: about ")


def test_memory_that_runs_out_on_the_way_is_told_in_our_words(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    def greedy(said: str) -> None:
        if said.startswith("held-out loss before"):
            torch.empty(2**60, dtype=torch.uint8)

    with pytest.raises(ShortMemoryError, match="in the middle of the run: lower optimiser.batch_tokens"):
        run(recipe(), setting(tmp_path, dialogues), say=greedy)


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory.")])
def test_what_python_and_a_card_raise_is_told_too(error: Exception) -> None:
    with pytest.raises(ShortMemoryError, match="lower optimiser.batch_tokens"), told_when_short():
        raise error


def test_another_failure_is_left_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes"), told_when_short():
        raise RuntimeError("shapes do not fit")
