import json
from pathlib import Path

import pytest

from inference.training.adapters.errors import RecipeError
from inference.training.adapters.recipe import (
    RECIPES,
    read_recipe,
    recipe_file,
    recipe_from_card,
    recipe_of,
)
from inference.training.adapters.schedule import rate_at

SMALL = {"format": 1, "name": "client", "data": {"personas": ["client"]}}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_has_its_name_four_phases_and_the_safety_term(path: Path) -> None:
    recipe = read_recipe(path)

    assert recipe.name == path.stem and recipe_file(path.stem) == path
    assert [phase.name for phase in recipe.phases] == ["short", "ordinary", "edge", "all"]
    assert recipe.lora.rank == 16 and recipe.safety.weight > 0


def test_the_dual_recipe_mixes_six_parts_who_helps_three_difficult_and_one_neutral() -> None:
    mix = read_recipe(RECIPES / "dual.toml").data.mix

    assert mix["companion"] + mix["therapist"] == pytest.approx(0.6)
    assert (mix["client"], mix["neutral"]) == (0.3, 0.1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 2}, "format must be 1"),
        ({"weather": 1}, "the recipe: there is no setting weather"),
        ({"lora": {"ranks": 4}}, "lora: there is no setting ranks"),
        ({"lora": {"rank": "four"}}, "lora: rank is not of its kind"),
        ({"lora": {"rank": True}}, "lora: rank is not of its kind"),
        ({"lora": 4}, "lora must be a table"),
        ({"phases": []}, "phases are 1 to 8 tables"),
        ({"phases": [{"passes": 1.0}]}, "phases: a setting that must be there is missing"),
        ({"phases": [{"name": "all", "edge": "some"}]}, "phases.edge is one of"),
        ({"data": {"personas": ["clown"]}}, "data.personas are of"),
        ({"data": {"personas": ["client"], "mix": {"client": 0.5}}}, "data.mix must sum to 1"),
        ({"data": {"personas": ["client"], "mix": {"companion": 1.0}}}, "data.mix names every persona"),
        ({"optimiser": {"schedule": "stairs"}}, "optimiser.schedule is one of"),
        ({"safety": {"weight": -1.0}}, "safety: weight from 0"),
    ],
)
def test_a_setting_that_is_wrong_is_named(change: dict, why: str) -> None:
    with pytest.raises(RecipeError, match=why):
        recipe_of(SMALL | change)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="away.toml"):
        read_recipe(tmp_path / "away.toml")


@pytest.mark.parametrize("schedule", ["cosine", "linear"])
def test_the_rate_warms_up_and_falls_to_its_floor(schedule: str) -> None:
    optimiser = recipe_of(
        SMALL | {"optimiser": {"rate": 1.0, "schedule": schedule, "warm_share": 0.1}}
    ).optimiser
    rates = [rate_at(step, 100, optimiser) for step in range(100)]

    assert rates[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert rates[9] == max(rates) and rates[9:] == sorted(rates[9:], reverse=True)
    assert optimiser.floor < rates[-1] < optimiser.floor + 0.02


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_recipe_is_the_same_after_a_trip_through_its_card(path: Path) -> None:
    recipe = read_recipe(path)
    written = json.dumps({"recipe": recipe.to_json()}, indent=1)

    assert recipe_from_card(json.loads(written)["recipe"]) == recipe


def test_a_recipe_in_a_card_is_checked_as_one_in_a_file_is() -> None:
    written = recipe_of(SMALL).to_json() | {"weather": 1}

    with pytest.raises(RecipeError, match="there is no setting weather"):
        recipe_from_card(json.loads(json.dumps(written)))
