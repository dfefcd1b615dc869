"""The safety term lowers the rate of unsafe replies, in words that nobody trained on; training without it does not."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, permutations
from pathlib import Path
from typing import Any

import pytest

from inference.data.split import held_out
from inference.testing import SCRIPTED_LINES as LINES
from inference.training.adapters.encoding import Encoded
from inference.training.adapters.loop import train
from inference.training.adapters.objective import Objective
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Gathered, Setting, gather
from inference.training.adapters.unsafe import figures

HARSH = ("tired", "everybody", "explaining", "worse", "leave", "told")
CALM = ("think", "better", "helps", "manage", "fine", "maybe")


def sayings(words: Sequence[str]) -> list[str]:
    """A hundred, no two alike: four of the words in some order. What one of them teaches, it teaches of the others."""
    return [" ".join(said) + "." for said in permutations(words, 4)][::3][:100]


def pair_rows() -> Iterator[dict[str, Any]]:
    """A hundred, no two with the same unsafe reply."""
    for number, (harsh, calm) in enumerate(zip(sayings(HARSH), sayings(CALM), strict=True), 1):
        yield {
            "id": f"ua-{number}",
            "kind": "role_break",
            "client": {"name": "Ann Reed", "age": 30, "who": "A baker."},
            "heard": LINES[number % len(LINES)],
            "act": "argue",
            "band": "wary",
            "safe": calm,
            "unsafe": harsh,
        }


@pytest.fixture(scope="module")
def unsafe_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unsafe")
    (folder / "client.jsonl").write_text("\n".join(map(json.dumps, pair_rows())) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def careless(
    loud_model: Path,
    dialogues: Path,
    make_recipe: Callable[..., Recipe],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A model that learned to say what is unsafe, in other words than those of the pairs kept aside."""
    folder = tmp_path_factory.mktemp("careless")
    rows = [json.loads(line) for line in (dialogues / "client" / "a.jsonl").read_text().splitlines()]
    learned = cycle([row["unsafe"] for row in pair_rows() if not held_out(row["id"])])
    for turn in (turn for row in rows for turn in row["turns"] if turn["speaker"] == "client"):
        turn["text"] = next(learned)
    (folder / "client").mkdir()
    (folder / "client" / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    made = make_recipe(phases=[{"name": "all", "passes": 3.0}])
    gathered = gather(made, Setting(folder / "out", folder / "work", folder))
    train(gathered.trained, gathered.material, made)
    gathered.trained.network.merge_and_unload().save_pretrained(folder / "model")
    gathered.trained.tokenizer.save_pretrained(folder / "model")
    return folder / "model"


def rates(recipe: Recipe, setting: Setting) -> tuple[float, float, Gathered]:
    """The share of pairs kept aside whose unsafe reply is likelier, by token, than the safe one: before and after."""
    gathered = gather(recipe, setting)
    objective, device = Objective(gathered.trained.network), gathered.trained.device
    before = figures(objective, gathered.pairs, device)
    train(gathered.trained, gathered.material, recipe)
    after = figures(objective, gathered.pairs, device)
    return 1 - before["safe_preferred"], 1 - after["safe_preferred"], gathered


def test_the_rate_of_unsafe_replies_kept_aside_falls_with_the_term_and_not_without(
    make_recipe: Callable[..., Recipe], dialogues: Path, unsafe_folder: Path, careless: Path, tmp_path: Path
) -> None:
    setting = Setting(tmp_path / "out", tmp_path / "work", dialogues, unsafe_folder)
    plain = make_recipe(base=str(careless))
    safer = replace(plain, safety=replace(plain.safety, weight=3.0, pairs=8))
    before, without, _ = rates(plain, setting)
    same, with_term, gathered = rates(safer, setting)

    assert len(gathered.pairs) >= 10
    assert before == same == 1.0, "it finds what is unsafe likelier at first"
    assert without == 1.0, "ordinary dialogues alone leave that as it is"
    assert with_term <= 0.75


def test_no_reply_kept_aside_is_among_those_unlearned(
    make_recipe: Callable[..., Recipe], dialogues: Path, unsafe_folder: Path, tmp_path: Path
) -> None:
    made = make_recipe(safety={"weight": 1.0})
    gathered = gather(made, Setting(tmp_path / "out", tmp_path / "work", dialogues, unsafe_folder))
    unlearned = {said(gathered, each) for each in gathered.material.unsafe}
    aside = {said(gathered, pair.unsafe) for pair in gathered.pairs}

    assert len(unlearned) + len(aside) == 100 and len(aside) >= 10
    assert not unlearned & aside
    assert not any(map(held_out, (each.id for each in gathered.material.unsafe)))


def said(gathered: Gathered, reply: Encoded) -> str:
    own = [token for token, is_learned in zip(reply.ids, reply.learned, strict=True) if is_learned]
    return gathered.trained.tokenizer.decode(own)


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
