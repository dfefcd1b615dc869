import hashlib
import json
from dataclasses import asdict

import pytest

from inference.data.personas import LABELS, Wanted, read_personas
from inference.insight.persona.features import KINDS_FILE
from inference.insight.persona.reader import FOLDER, WEIGHTS_FILE, shipped_weights
from inference.training.persona import Recipe
from inference.training.persona_card import CARD_FILE, NOTED, PAGE_FILE, by_threshold, figures_of


def card() -> dict:
    return json.loads((FOLDER / CARD_FILE).read_text(encoding="utf-8"))


def said(label: str, chance: float) -> dict[str, float]:
    return {each: chance if each == label else (1 - chance) / 3 for each in LABELS}


def test_the_card_is_of_the_weights_and_the_kinds_beside_it() -> None:
    shown = card()
    weights = hashlib.sha256((FOLDER / WEIGHTS_FILE).read_bytes()).hexdigest()
    assert (shown["weights_sha256"], shown["version"]) == (weights, f"persona {weights[:8]}")
    assert shown["features"]["kinds_sha256"] == hashlib.sha256(KINDS_FILE.read_bytes()).hexdigest()
    assert shown["threshold"] == shipped_weights().threshold
    assert shown["recipe"] == asdict(Recipe())
    assert shown["version"] in (FOLDER / PAGE_FILE).read_text(encoding="utf-8")


def test_the_files_it_was_trained_on_are_as_they_were_and_have_a_licence() -> None:
    here = [asdict(file) for file in read_personas()[1]]
    named = card()["training_files"]
    assert [{key: each[key] for key in ("path", "sha256", "rows")} for each in named] == here
    assert all(each["licence"] for each in named)


def test_it_says_accuracy_and_abstention_with_intervals_and_where_it_fails() -> None:
    shown = card()
    for part in ("out_of_fold", "held_out"):
        by_name = {figure["name"]: figure for figure in shown[part]}
        assert {"accuracy", "macro-F1", "abstention", "accuracy where it answers"} <= set(by_name)
        assert all(
            figure["low"] <= figure["value"] <= figure["high"]
            for figure in by_name.values()
            if figure["value"] is not None
        )
    assert all(shown[name] for name in NOTED)


def test_a_threshold_is_shown_with_what_it_would_answer() -> None:
    rows = [Wanted("a-1", "x", "client"), Wanted("a-2", "x", "client"), Wanted("n-1", "x", "none")]
    shown = by_threshold(rows, [said("client", 0.9), said("education", 0.55), said("client", 0.7)])
    at = {each["threshold"]: each for each in shown}
    assert at[0.5] == {
        "threshold": 0.5,
        "answered": 1.0,
        "right": 0.5,
        "right, rows of none too": 0.333,
        "none answered": 1.0,
    }
    assert (at[0.8]["answered"], at[0.8]["right"], at[0.8]["none answered"]) == (0.5, 1.0, 0.0)


def test_figures_count_hard_rows_and_crises_apart() -> None:
    rows = [
        Wanted("a-1", "x", "companion", is_crisis=True),
        Wanted("a-2", "x", "companion", is_hard=True),
        Wanted("a-3", "x", "none"),
    ]
    predictions = [
        {"label": "client", "confidence": 0.9, "abstained": False},
        {"label": "companion", "confidence": 0.9, "abstained": False},
        {"label": "education", "confidence": 0.4, "abstained": True},
    ]
    values = {figure.name: figure.value for figure in figures_of(rows, predictions)}
    assert values["accuracy"] == 0.5
    assert values["accuracy, hard"] == 1.0
    assert values["crisis, another than the companion answered"] == 1.0
    assert values["companion wanted, another answered"] == 0.5
    assert values["abstention, none wanted"] == 1.0
    assert values["accuracy where it answers"] == pytest.approx(0.5)
