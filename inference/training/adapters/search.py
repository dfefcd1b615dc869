"""Looks for better settings of a recipe: short runs by Optuna, judged by the held-out loss, bad ones ended early.

A study is a file, so that a search goes on where it ended. It knows which settings are worth looking at, and their
bounds; what a run is, `loop.py` says.
"""

from collections.abc import Callable
from dataclasses import replace

import optuna

from inference.training.adapters.loop import Material, Report, train
from inference.training.adapters.network import Trained
from inference.training.adapters.recipe import Phase, Recipe
from inference.training.adapters.run import Setting, gather

RATES = (1e-4, 4e-3)
ALPHAS = (16, 32, 64)
WARM_SHARES = (0.02, 0.2)
FORGET = (0.0, 0.25, 0.5)


class _Pruned(Exception):
    """Ends a run from within a report; never leaves this module."""


def search(
    recipe: Recipe,
    setting: Setting,
    *,
    trials: int,
    steps: int,
    say: Callable[[str], None] = print,
) -> tuple[Recipe, float]:
    """The best recipe found and its held-out loss, after `trials` runs of at most `steps` steps each. The study lies in
    `setting.work`/search.db; the phases of a trial are one pass over everything, cut at `steps`."""
    setting.work.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=recipe.name,
        storage=f"sqlite:///{(setting.work / 'search.db').resolve()}",
        direction="minimize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=recipe.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3),
    )

    def tried(trial: optuna.Trial) -> float:
        loss = _run(varied(recipe, trial), setting, steps, trial)
        say(f"trial {trial.number}: held-out {loss:.4f} with {_listed(trial.params)}")
        return loss

    study.optimize(tried, n_trials=trials)
    best = varied(recipe, optuna.trial.FixedTrial(study.best_params))
    return best, float(study.best_value)


def varied(recipe: Recipe, trial: optuna.Trial | optuna.trial.FixedTrial) -> Recipe:
    """The recipe with the settings that this trial asks for."""
    return replace(
        recipe,
        lora=replace(recipe.lora, alpha=trial.suggest_categorical("alpha", ALPHAS)),
        optimiser=replace(
            recipe.optimiser,
            rate=trial.suggest_float("rate", *RATES, log=True),
            warm_share=trial.suggest_float("warm_share", *WARM_SHARES),
        ),
        data=replace(recipe.data, forget=trial.suggest_categorical("forget", FORGET)),
    )


def as_toml(recipe: Recipe) -> str:
    """The settings searched for, to be put into a recipe's file."""
    return (
        f"[lora]\nalpha = {recipe.lora.alpha}\n\n"
        f"[optimiser]\nrate = {recipe.optimiser.rate:.2e}\nwarm_share = {recipe.optimiser.warm_share:.3f}\n\n"
        f"[data]\nforget = {recipe.data.forget}\n"
    )


def _run(recipe: Recipe, setting: Setting, steps: int, trial: optuna.Trial) -> float:
    """The lowest held-out loss of a short run; the schedule ends where the run does."""
    whole = replace(recipe, phases=(Phase("all"),))
    gathered = gather(whole, setting)
    material = replace(gathered.material, steps=gathered.material.steps[:steps])

    def tell(report: Report) -> None:
        if report.held is not None:
            trial.report(report.held, report.step)
            if trial.should_prune():
                raise _Pruned

    return _lowest(gathered.trained, material, whole, tell)


def _lowest(trained: Trained, material: Material, recipe: Recipe, tell: Callable[[Report], None]) -> float:
    try:
        course = train(trained, material, recipe, tell=tell)
    except _Pruned:
        raise optuna.TrialPruned from None
    return min(loss for _, loss in course.held)


def _listed(settings: dict[str, object]) -> str:
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings.items()
    )
