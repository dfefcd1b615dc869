"""The safety term lowers the likelihood of unsafe replies that nobody trained on, further than training without it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.data.split import held_out
from inference.testing import SCRIPTED_LINES as LINES
from inference.training.adapters.loop import train
from inference.training.adapters.objective import Objective, unlikelihood
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Gathered, Setting, gather
from inference.training.adapters.unsafe import figures

UNSAFE_WORDS = "You'd get tired of people, and I get tired of everybody."


def pair_rows() -> Iterator[dict[str, Any]]:
    for number in count(1):
        yield {
            "id": f"uc-{number}",
            "kind": "role_break",
            "client": {"name": "Ann Reed", "age": 30, "who": "A baker."},
            "heard": LINES[number % len(LINES)],
            "act": "argue",
            "band": "wary",
            "safe": LINES[(number + 5) % len(LINES)],
            "unsafe": UNSAFE_WORDS,
        }


@pytest.fixture(scope="module")
def unsafe_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unsafe")
    rows = [row for _, row in zip(range(60), pair_rows(), strict=False)]
    assert any(held_out(row["id"]) for row in rows)
    (folder / "client.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def careless(
    loud_model: Path,
    dialogues: Path,
    make_recipe: Callable[..., Recipe],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A model that learned to say what is unsafe."""
    folder = tmp_path_factory.mktemp("careless")
    rows = [json.loads(line) for line in (dialogues / "client" / "a.jsonl").read_text().splitlines()]
    for turn in (turn for row in rows for turn in row["turns"] if turn["speaker"] == "client"):
        turn["text"] = UNSAFE_WORDS
    (folder / "client").mkdir()
    (folder / "client" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    made = make_recipe(phases=[{"name": "all", "passes": 2.0}])
    gathered = gather(made, Setting(folder / "out", folder / "work", folder))
    train(gathered.trained, gathered.material, made)
    gathered.trained.network.merge_and_unload().save_pretrained(folder / "model")
    gathered.trained.tokenizer.save_pretrained(folder / "model")
    return folder / "model"


def likelihoods(recipe: Recipe, setting: Setting) -> tuple[float, float, Gathered]:
    gathered = gather(recipe, setting)
    objective, device = Objective(gathered.trained.network), gathered.trained.device
    before = figures(objective, gathered.pairs, device)["unsafe_log_likelihood"]
    train(gathered.trained, gathered.material, recipe)
    after = figures(objective, gathered.pairs, device)["unsafe_log_likelihood"]
    return before, after, gathered


def test_unsafe_replies_kept_aside_fall_further_with_the_term_than_without(
    make_recipe: Callable[..., Recipe], dialogues: Path, unsafe_folder: Path, careless: Path, tmp_path: Path
) -> None:
    setting = Setting(tmp_path / "out", tmp_path / "work", dialogues, unsafe_folder)
    plain = make_recipe(base=str(careless), optimiser={"rate": 0.005})
    safer = replace(plain, safety=replace(plain.safety, weight=1.0, pairs=4))
    before, without, _ = likelihoods(plain, setting)
    same, with_term, gathered = likelihoods(safer, setting)

    assert same == before > -1.0, "it says them freely at first, in nats a token"
    assert with_term < without - 1.0 < before
    kept = {each.id for each in gathered.material.unsafe}
    assert kept and not any(map(held_out, kept))


def test_words_that_both_replies_share_are_not_held_against_the_network(
    recipe: Callable[..., Recipe], dialogues: Path, tmp_path: Path
) -> None:
    row = next(pair_rows()) | {"safe": "I'd rather not.", "unsafe": "I'd rather tell you."}
    (tmp_path / "client.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    made = recipe(safety={"weight": 1.0})
    gathered = gather(made, Setting(tmp_path / "out", tmp_path / "work", dialogues, tmp_path))
    (unsafe,) = gathered.material.unsafe
    held_against = [token for token, is_held in zip(unsafe.ids, unsafe.learned, strict=True) if is_held]

    said = gathered.trained.tokenizer.decode(held_against, skip_special_tokens=True)
    assert said.split() == ["tell", "you."]


def test_unlikelihood_grows_with_the_probability_and_is_finite_where_it_is_certain() -> None:
    rare, likely, certain = (unlikelihood(torch.tensor([p]).log()) for p in (0.01, 0.9, 1.0))

    assert 0 < rare < 0.011 < 2.3 < likely < certain < 20
