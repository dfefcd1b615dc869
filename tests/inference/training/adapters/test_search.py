from collections.abc import Callable
from pathlib import Path

import optuna

from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Setting
from inference.training.adapters.search import ALPHAS, RATES, as_toml, search, varied


def test_a_search_finds_the_best_of_its_trials_and_goes_on_from_its_file(
    recipe: Callable[..., Recipe], dialogues: Path, tmp_path: Path
) -> None:
    setting = Setting(tmp_path / "out", tmp_path / "work", dialogues)
    said: list[str] = []
    best, loss = search(recipe(), setting, trials=3, steps=4, say=said.append)
    again, lower = search(recipe(), setting, trials=1, steps=4, say=said.append)

    losses = [float(line.split("held-out ")[1].split()[0]) for line in said[:3]]
    assert round(loss, 4) == min(losses) and lower <= loss
    assert [line.split(":")[0] for line in said[:3]] == ["trial 0", "trial 1", "trial 2"]
    assert best.lora.alpha in ALPHAS and RATES[0] <= best.optimiser.rate <= RATES[1]
    assert again.name == best.name == "client"


def test_only_what_is_searched_for_differs(recipe: Callable[..., Recipe]) -> None:
    plain = recipe()
    settings = {"alpha": 64, "rate": 0.002, "warm_share": 0.1, "forget": 0.5}
    made = varied(plain, optuna.trial.FixedTrial(settings))

    assert (made.lora.alpha, made.optimiser.rate, made.data.forget) == (64, 0.002, 0.5)
    assert (made.seed, made.phases, made.lora.rank) == (plain.seed, plain.phases, plain.lora.rank)
    assert "rate = 2.00e-03" in as_toml(made)
