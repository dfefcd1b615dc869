import tomllib
from pathlib import Path

import pytest

import inference.safety.detectors.advice as advice
from inference.safety.detectors.advice import bias_advice, crisis_actions
from inference.safety.lexicon import SEVERITIES
from inference.safety.screen import CRISIS_KINDS

BIAS_KINDS = ("gender", "racial", "age", "cultural", "socioeconomic", "ability", "language")
FOLDER = Path(advice.__file__).parent


@pytest.mark.parametrize("kind", CRISIS_KINDS)
@pytest.mark.parametrize("severity", SEVERITIES[1:])
def test_every_kind_of_crisis_has_an_action_at_every_severity(kind: str, severity: str) -> None:
    assert crisis_actions(kind, severity)


@pytest.mark.parametrize("kind", [kind for kind in CRISIS_KINDS if kind != "abuse"])
def test_a_crisis_under_way_starts_with_emergency_services_and_brings_in_a_human(kind: str) -> None:
    ids = [action.id for action in crisis_actions(kind, "imminent")]
    assert ids[0] == "emergency_services"
    assert any(each.startswith("bring_in_human") for each in ids)


def test_no_crisis_recommends_nothing() -> None:
    assert crisis_actions("none", "none") == crisis_actions("suicidal", "none") == ()


def test_a_hint_asks_before_it_brings_in_anybody() -> None:
    ids = [action.id for action in crisis_actions("suicidal", "low")]
    assert "ask_directly" in ids and "bring_in_human" not in ids


@pytest.mark.parametrize("kind", BIAS_KINDS)
@pytest.mark.parametrize("level", ["low", "medium", "high"])
def test_every_kind_of_bias_has_advice_at_every_level(kind: str, level: str) -> None:
    assert len(bias_advice(kind, level)) >= 2


def test_no_bias_has_no_advice() -> None:
    assert bias_advice("age", "none") == ()


@pytest.mark.parametrize(
    ("file", "rows"), [("crisis_actions.toml", "action"), ("bias_advice.toml", "advice")]
)
def test_ids_are_unique_and_short_enough_to_travel_as_labels(file: str, rows: str) -> None:
    ids = [row["id"] for row in tomllib.loads((FOLDER / file).read_text(encoding="utf-8"))[rows]]
    assert len(set(ids)) == len(ids)
    assert max(map(len, ids)) <= 64


def test_actions_name_no_number_and_no_way_of_doing_harm() -> None:
    text = (FOLDER / "crisis_actions.toml").read_text(encoding="utf-8").lower()
    actions = [row["text"].lower() for row in tomllib.loads(text)["action"]]
    assert not [
        each for each in actions if any(word in each for word in ("988", "116", "rope", "pills", "gun"))
    ]
