"""A search: short runs, the best of them, bad ones ended early, and a study that is nobody else's."""

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Setting
from inference.training.adapters.search import (
    ALPHAS,
    RATES,
    READINGS,
    STUDY_FILE,
    as_toml,
    search,
    study_name,
    varied,
)

Make = Callable[..., Recipe]


@pytest.fixture
def setting(dialogues: Path, tmp_path: Path) -> Setting:
    (tmp_path / "work").mkdir()
    return Setting(tmp_path / "out", tmp_path / "work", dialogues, events=False)


def study_of(recipe: Recipe, setting: Setting, steps: int) -> optuna.Study:
    return optuna.create_study(
        study_name=study_name(recipe, setting, steps=steps),
        storage=f"sqlite:///{setting.work / STUDY_FILE}",
        direction="minimize",
        load_if_exists=True,
    )


def settings(rate: float) -> dict[str, float]:
    return {"alpha": 32, "rate": rate, "warm_share": 0.05, "forget": 0.0}


def test_a_search_finds_the_best_of_its_trials_and_goes_on_from_its_file(
    recipe: Make, setting: Setting
) -> None:
    said: list[str] = []
    best, loss = search(recipe(), setting, trials=2, steps=4, say=said.append)
    _, lower = search(recipe(), setting, trials=1, steps=4, say=said.append)

    trials = study_of(recipe(), setting, 4).trials
    assert [line.split(":")[0] for line in said] == ["trial 0", "trial 1", "trial 2"]
    assert loss == min(trial.value for trial in trials[:2])
    assert lower == min(trial.value for trial in trials)
    (won,) = [trial for trial in trials if trial.value == loss]
    assert (best.optimiser.rate, best.lora.alpha) == (won.params["rate"], won.params["alpha"])
    assert best.lora.alpha in ALPHAS and RATES[0] <= best.optimiser.rate <= RATES[1]


def test_a_search_that_goes_on_tries_other_settings_than_before(recipe: Make, setting: Setting) -> None:
    for _ in range(2):
        search(recipe(), setting, trials=2, steps=1, say=lambda said: None)

    rates = [trial.params["rate"] for trial in study_of(recipe(), setting, 1).trials]
    assert len(set(rates)) == len(rates) == 4


def test_a_bad_trial_is_ended_early(recipe: Make, setting: Setting) -> None:
    study = study_of(recipe(), setting, 10)
    for rate in (4e-3, 3.5e-3, 3e-3, RATES[0]):
        study.enqueue_trial(settings(rate))
    said: list[str] = []
    best, _ = search(recipe(), setting, trials=4, steps=10, say=said.append)

    *good, bad = study_of(recipe(), setting, 10).trials
    assert [trial.state for trial in good] == [TrialState.COMPLETE] * 3
    assert [len(trial.intermediate_values) for trial in good] == [READINGS] * 3
    assert bad.state == TrialState.PRUNED and len(bad.intermediate_values) == 2
    assert said[3].startswith("trial 3: ended early with alpha 32, rate 0.0001")
    assert best.optimiser.rate > RATES[0]


def test_a_study_is_of_one_recipe_its_data_and_its_steps(
    recipe: Make, setting: Setting, dialogues: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "client"
    other.mkdir(parents=True)
    rows = (dialogues / "client" / "a.jsonl").read_text(encoding="utf-8").splitlines()
    (other / "a.jsonl").write_text("\n".join(rows[:-1]) + "\n", encoding="utf-8")
    elsewhere = Setting(setting.out, setting.work, other.parent)
    names = [
        study_name(recipe(), setting, steps=4),
        study_name(recipe(), setting, steps=5),
        study_name(recipe(seed=2), setting, steps=4),
        study_name(recipe(lora={"rank": 8}), setting, steps=4),
        study_name(recipe(), elsewhere, steps=4),
    ]

    assert len(set(names)) == 5
    assert study_name(recipe(), setting, steps=4) == names[0]


def test_only_what_is_searched_for_differs(recipe: Make) -> None:
    plain = recipe()
    made = varied(
        plain, optuna.trial.FixedTrial({"alpha": 64, "rate": 0.002, "warm_share": 0.1, "forget": 0.5})
    )

    assert (made.lora.alpha, made.optimiser.rate, made.data.forget) == (64, 0.002, 0.5)
    assert (made.seed, made.phases, made.lora.rank) == (plain.seed, plain.phases, plain.lora.rank)
    assert "rate = 2.00e-03" in as_toml(made)
