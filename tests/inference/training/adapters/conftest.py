"""A small recipe and small dialogues in the tiny model's words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from inference.testing import SCRIPTED_LINES as LINES
from inference.training.adapters.network import Trained, prepared
from inference.training.adapters.recipe import Recipe, recipe_of

LOUDER = 20
ACTS = ("argue", "engage", "want", "withdraw")
CALM = ("engage", "want")
PLANS = ("reflect", "ask", "validate")


def line(number: int) -> str:
    return LINES[number % len(LINES)]


def client_row(number: int) -> dict[str, Any]:
    turns, acts = [], CALM if number % 4 == 2 else ACTS
    for at in range(2 + number % 3):
        act = acts[(number + at) % len(acts)]
        turns += [
            {"speaker": "therapist", "text": line(number + 3 * at)},
            {"speaker": "client", "text": line(5 * number + at), "act": act, "band": "wary", "cue": ""},
        ]
    client = {"name": "Ann Reed", "age": 30, "who": "A baker.", "facts": ["has a dog"]}
    how = {"therapist": ("good", "poor")[number % 2], "edge": ["grief"] if number % 4 == 0 else []}
    return {"id": f"a-{number}", "client": client, "topic": "sleep", **how, "turns": turns}


def companion_row(number: int) -> dict[str, Any]:
    turns = []
    for at in range(3):
        turns += [
            {"speaker": "seeker", "text": line(2 * number + at)},
            {
                "speaker": "companion",
                "text": line(7 * number + at),
                "plan": PLANS[(number + at) % len(PLANS)],
            },
        ]
    return {"id": f"ca-{number}", "seeker": {}, "topic": "sleep", "edge": [], "turns": turns}


@pytest.fixture(scope="session")
def dialogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dialogues")
    for person, row in (("client", client_row), ("companion", companion_row)):
        (folder / person).mkdir()
        rows = [json.dumps(row(number)) for number in range(1, 61)]
        (folder / person / "a.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def loud_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a louder output layer, which is not trained: as it is, it cannot be sure of any word."""
    folder = tmp_path_factory.mktemp("loud-model")
    network = AutoModelForCausalLM.from_pretrained(tiny_model)
    with torch.no_grad():
        network.get_output_embeddings().weight.mul_(LOUDER)
    network.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def make_recipe(loud_model: Path) -> Callable[..., Recipe]:
    """A recipe for the tiny model; sections given take the place of settings in it."""

    def made(**sections: Any) -> Recipe:  # noqa: ANN401 - as TOML has it
        document: dict[str, Any] = {
            "format": 1,
            "name": "client",
            "base": str(loud_model),
            "data": {"personas": ["client"], "longest": 256},
            "phases": [{"name": "all", "passes": 1.0}],
            "lora": {"rank": 4, "alpha": 8},
            "optimiser": {"rate": 0.02, "batch_tokens": 512, "accumulate": 1},
            "watch": {"evaluate_every": 4, "checkpoint_every": 3, "patience": 0},
        }
        for name, values in sections.items():
            is_table = isinstance(values, dict) and isinstance(document.get(name), dict)
            document[name] = document[name] | values if is_table else values
        return recipe_of(document)

    return made


@pytest.fixture
def recipe(make_recipe: Callable[..., Recipe]) -> Callable[..., Recipe]:
    return make_recipe


@pytest.fixture
def trained(loud_model: Path) -> Callable[[Recipe], Trained]:
    return lambda recipe: prepared(recipe, str(loud_model))
