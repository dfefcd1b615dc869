"""A whole run with the tiny model: real processes; what cannot be had or measured is said and costs nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from inference.benchmark.run import Plan, run
from inference.engine.setting import Device, Quantise, Setting

ON_PROCESSOR = Setting(device=Device.CPU)
FOUR_BITS_ON_PROCESSOR = Setting(device=Device.CPU, quantise=Quantise.FOUR)
"""Which no model can be held in."""


def plan(tiny_model: Path, **changes: object) -> Plan:
    given: dict[str, Any] = {"engines": ("ours", "llama.cpp"), "chats": (2,), "turns": 1}
    given |= {"threads": 1, "own_threads": 1}
    return Plan(tiny_model, **(given | {"setting": ON_PROCESSOR} | changes))


def test_a_run_has_figures_for_ours_and_says_who_was_absent(tiny_model: Path) -> None:
    told: list[str] = []
    kept: list[str] = []
    result = run(plan(tiny_model), tell=told.append, keep=lambda made: kept.append(json.dumps(made)))
    own = result["engines"]["ours"]["2"]
    assert (own["answers"], own["failed_answers"], own["none_starved"] in (True, False)) == (2, 0, True)
    assert "xllamacpp" in result["engines"]["llama.cpp"]["absent"]
    step = result["bounds"]["steps"][0]
    assert (step["rows"], result["bounds"]["device"]) == (2, "cpu")
    assert max(step["bytes_ms"], step["operations_ms"]) == pytest.approx(
        step["share"] * step["step_ms"], abs=0.01
    )
    assert result["card"]["measured"] is False
    assert [row["figure"] for row in result["ratios"]["engines"]] == ["slowest first token / median"]
    assert any("2 of 2" in sentence for sentence in told)
    steps = [json.loads(each) for each in kept]
    assert [len(each["engines"].get("ours", {})) for each in steps][:2] == [0, 1]
    assert [each["complete"] for each in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[-1] == json.loads(json.dumps(result))


def test_bounds_that_cannot_be_measured_are_a_field_and_the_rest_stays(tiny_model: Path) -> None:
    kept: list[Mapping] = []
    asked = plan(tiny_model, engines=("ours",), chats=(1,), setting=FOUR_BITS_ON_PROCESSOR)
    result = run(asked, tell=lambda sentence: None, keep=kept.append)
    assert result["bounds"]["failed"].startswith("ModelError: quantised loading")
    assert result["engines"]["ours"]["1"]["answers"] == 1
    assert (result["complete"], kept[-1] is result) == (True, True)
