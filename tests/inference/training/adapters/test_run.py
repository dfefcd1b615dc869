"""A run from a recipe to an adapter's folder, cut off and resumed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors import safe_open
from transformers import AutoModelForCausalLM

from inference.contracts import Person
from inference.data.examples import persona_of
from inference.data.reading import read_dialogues, split
from inference.models.adapter import WEIGHTS_FILE, read_adapter
from inference.training.adapters import checkpoint
from inference.training.adapters.checkpoint import Course
from inference.training.adapters.errors import RecipeError, ResumeError
from inference.training.adapters.loop import Report, train
from inference.training.adapters.network import prepared
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Setting, gather, run
from inference.training.adapters.uses import use_of

Make = Callable[..., Recipe]


def setting(folder: Path, dialogues: Path, stop_after: int | None = None) -> Setting:
    return Setting(folder / "out", folder / "work", dialogues, stop_after=stop_after)


def course_of(recipe: Recipe, at: Setting, tell: Callable[[Report], None] = lambda report: None) -> Course:
    gathered = gather(recipe, at)
    return train(
        gathered.trained,
        gathered.material,
        recipe,
        checkpoints=at.work / "checkpoints",
        tell=tell,
        stop_after=at.stop_after,
    )


def test_the_loss_falls_on_what_is_learned_and_on_what_is_kept_aside(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    course = course_of(recipe(phases=[{"name": "all", "passes": 6.0}]), setting(tmp_path, dialogues))

    assert sum(course.curve[-4:]) < 0.8 * sum(course.curve[:4])
    assert min(loss for _, loss in course.held) < 0.9 * course.held[0][1]


def test_a_run_cut_off_and_resumed_gives_the_same_curve_and_weights(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    made = recipe(phases=[{"name": "all", "passes": 2.0}])
    whole = course_of(made, setting(tmp_path / "whole", dialogues))
    cut = setting(tmp_path / "cut", dialogues, stop_after=5)
    first = course_of(made, cut)
    second = course_of(made, replace(cut, stop_after=None))

    assert first.step == 5 < whole.step and first.curve == whole.curve[:5]
    assert second.curve == whole.curve and second.held == whole.held
    assert second.tokens == whole.tokens
    assert all(torch.equal(whole.best[name], second.best[name]) for name in whole.best)


def test_dropout_too_goes_on_where_it_was(recipe: Make, dialogues: Path, tmp_path: Path) -> None:
    made = recipe(lora={"dropout": 0.2})
    whole = course_of(made, setting(tmp_path / "whole", dialogues))
    cut = setting(tmp_path / "cut", dialogues, stop_after=3)
    course_of(made, cut)

    assert course_of(made, replace(cut, stop_after=None)).curve == whole.curve


def test_another_recipe_does_not_go_on_from_a_checkpoint(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    at = setting(tmp_path, dialogues, stop_after=3)
    course_of(recipe(), at)

    with pytest.raises(ResumeError, match="another recipe"):
        course_of(recipe(seed=2), at)


def test_training_stops_early_where_the_held_out_loss_no_longer_falls(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    made = recipe(
        phases=[{"name": "all", "passes": 30.0}],
        optimiser={"rate": 0.1},
        watch={"evaluate_every": 2, "patience": 2},
    )
    at = setting(tmp_path, dialogues)
    course = course_of(made, at)
    steps = len(gather(made, at).material.steps)

    assert course.step < steps and course.stale == 2
    again = course_of(made, at)
    assert again.step == course.step, "a run that stopped has nothing to go on with"


def test_only_the_latest_checkpoints_stay(recipe: Make, dialogues: Path, tmp_path: Path) -> None:
    at = setting(tmp_path, dialogues)
    course = course_of(recipe(watch={"checkpoint_every": 1, "keep": 2}), at)

    names = [folder.name for folder in checkpoint.checkpoints(at.work / "checkpoints")]
    assert names == [f"step-{course.step - 1:06d}", f"step-{course.step:06d}"]


def test_a_run_writes_an_adapter_that_peft_loads_and_a_card(
    recipe: Make, dialogues: Path, tiny_model: Path, tmp_path: Path
) -> None:
    at = setting(tmp_path, dialogues)
    said: list[str] = []
    outcome = run(recipe(), at, say=said.append)

    assert outcome.after["all"]["loss"] < outcome.before["all"]["loss"]
    adapter = read_adapter(at.out)
    card = adapter.card
    assert card["adapter"] == "client" and card["outcome"]["after"] == outcome.after
    (file,) = card["training_files"]
    kept, aside = split(read_dialogues(dialogues).of(Person.CLIENT))
    difficult = [[each for each in part if persona_of(each) == "client"] for part in (kept, aside)]
    assert (file["path"], file["rows"], file["kept_aside"]) == ("client/a.jsonl", *map(len, difficult))
    assert (outcome.dialogues, outcome.kept_aside) == (file["rows"], file["kept_aside"])
    assert card["failures"] == use_of(["client"])["failures"]
    assert card["recipe"]["lora"]["rank"] == 4 and len(card["base"]["sha256"]) == 64
    page = (at.out / "card.md").read_text(encoding="utf-8")
    assert "client/a.jsonl" in page and card["weights_sha256"] in page
    assert all(f"- {sentence}" in page for sentence in card["use"] + card["failures"])
    assert "Early stopping was off" in page
    assert str(tmp_path) not in json.dumps(card)
    with safe_open(at.out / WEIGHTS_FILE, "pt") as weights:
        assert {weights.get_tensor(name).dtype for name in weights.keys()} == {torch.bfloat16}  # noqa: SIM118
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    loaded = PeftModel.from_pretrained(base, at.out)
    assert any(value.abs().max() > 0 for name, value in loaded.state_dict().items() if "lora_B" in name)
    assert list((at.work / "events").glob("events.out.tfevents.*"))
    assert any("memory" in each for each in said)


def test_qlora_without_cuda_is_refused(recipe: Make, tiny_model: Path) -> None:
    with pytest.raises(RecipeError, match="needs a CUDA GPU"):
        prepared(recipe(lora={"quantised": True}), str(tiny_model), device="cpu")


def test_recomputed_activations_give_the_same_first_loss(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    plain = course_of(recipe(), setting(tmp_path / "plain", dialogues, stop_after=2))
    again = course_of(
        recipe(optimiser={"recompute": True}), setting(tmp_path / "again", dialogues, stop_after=2)
    )

    assert again.curve == pytest.approx(plain.curve, rel=1e-3)
