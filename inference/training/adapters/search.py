"""Looks for better settings of a recipe: short runs by Optuna, judged by the held-out loss, bad ones ended early.

A study is a file, so that a search goes on where it ended. It knows which settings are worth looking at, and their
bounds; what a run is, `loop.py` says.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import optuna
import torch

from inference.training.adapters import memory
from inference.training.adapters.free_memory import free_gib
from inference.training.adapters.loop import Material, Report, train
from inference.training.adapters.network import Trained, base_of
from inference.training.adapters.recipe import Phase, Recipe
from inference.training.adapters.run import Setting, gather, mark_of
from inference.training.adapters.sources import sources_of

RATES = (1e-4, 4e-3)
ALPHAS = (16, 32, 64)
WARM_SHARES = (0.02, 0.2)
FORGET = (0.0, 0.25, 0.5)
STUDY_FILE = "search.db"
READINGS = 5
"""Of the held-out loss in a run, so that a bad one can be seen and ended on the way."""
FIRST_JUDGED = 2
"""The reading from which a run may be ended: at the first it has hardly warmed up."""
SEEN_BEFORE_PRUNING = 3
"""Runs to the end before one is ended early."""


class _Pruned(Exception):
    """Ends a run from within a report; never leaves this module."""


def search(
    recipe: Recipe,
    setting: Setting,
    *,
    trials: int,
    steps: int,
    say: Callable[[str], None] = print,
    free: Callable[[torch.device], float] = free_gib,
) -> tuple[Recipe, float]:
    """The best recipe found and its held-out loss, after `trials` runs of at most `steps` steps each, besides those of
    an earlier search of the same recipe, data and steps. The study lies in `setting.work`/search.db; the phases of a
    trial are one pass over everything, cut at `steps`. Raises ShortMemoryError where a run does not fit."""
    setting.work.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=study_name(recipe, setting, steps=steps),
        storage=f"sqlite:///{(setting.work / STUDY_FILE).resolve()}",
        direction="minimize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=SEEN_BEFORE_PRUNING, n_warmup_steps=FIRST_JUDGED),
    )
    study.sampler = optuna.samplers.TPESampler(seed=recipe.seed + len(study.trials))

    def tried(trial: optuna.Trial) -> float:
        try:
            loss = _run(varied(recipe, trial), setting, steps, trial, free)
        except optuna.TrialPruned:
            say(f"trial {trial.number}: ended early with {_listed(trial.params)}")
            raise
        say(f"trial {trial.number}: held-out {loss:.4f} with {_listed(trial.params)}")
        return loss

    study.optimize(tried, n_trials=trials)
    best = varied(recipe, optuna.trial.FixedTrial(study.best_params))
    return best, float(study.best_value)


def study_name(recipe: Recipe, setting: Setting, *, steps: int) -> str:
    """Another recipe, other data, another base or other steps give another study: their losses do not compare."""
    sources = sources_of(recipe, dialogues=setting.dialogues, unsafe=setting.unsafe)
    parts = f"{mark_of(recipe, sources, base_of(recipe))} {steps}"
    return f"{recipe.name} {hashlib.sha256(parts.encode()).hexdigest()[:16]}"


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


def _run(
    recipe: Recipe,
    setting: Setting,
    steps: int,
    trial: optuna.Trial,
    free: Callable[[torch.device], float],
) -> float:
    """The lowest held-out loss of a short run; the schedule ends where the run does."""
    whole = replace(recipe, phases=(Phase("all"),))
    gathered = gather(whole, setting, free=free)
    material = replace(gathered.material, steps=gathered.material.steps[:steps])
    every = max(1, len(material.steps) // READINGS)
    watched = replace(whole, watch=replace(whole.watch, evaluate_every=every))
    readings = count(1)

    def tell(report: Report) -> None:
        if report.held is not None:
            trial.report(report.held, next(readings))
            if trial.should_prune():
                raise _Pruned

    with memory.told_when_short():
        return _lowest(gathered.trained, material, watched, tell)


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
