"""The phrases of the bias detector, by a table of helpers' remarks written before them."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.safety.detectors.bias_phrases import FILE, remarks

CASES = tomllib.loads((Path(__file__).parent / "bias_cases.toml").read_text(encoding="utf-8"))
SAID = [(group["kind"], text) for group in CASES["remark"] for text in group["texts"]]
PLAIN = [text for group in CASES["plain"] for text in group["texts"]]


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_remarks_are_found_with_their_kind(kind: str, text: str) -> None:
    assert kind in {remark.kind for remark in remarks(text)}


@pytest.mark.parametrize("text", PLAIN)
def test_a_group_that_is_named_is_no_remark(text: str) -> None:
    assert remarks(text) == []


def test_a_remark_points_at_its_words() -> None:
    text = "Right. At your age you can't expect much. Tea?"
    (remark,) = remarks(text)
    assert text[remark.start : remark.end].startswith("At your age")
    assert (remark.kind, remark.level) == ("age", "medium")


def test_typographic_apostrophes_and_capitals_change_nothing() -> None:
    assert [r.rule for r in remarks("YOU DON’T LOOK DISABLED.")] == [
        r.rule for r in remarks("you don't look disabled.")
    ]
    assert remarks("You don’t look disabled.")


def test_own_thinking_is_no_excuse() -> None:
    assert remarks("I think you're too old to be starting a new career.")
    assert not remarks("He said you're too old to be starting a new career.")


def test_every_rule_has_a_source_line_over_it_and_a_known_kind() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    kinds = {"gender", "racial", "age", "cultural", "socioeconomic", "ability", "language"}
    rules = tomllib.loads("\n".join(lines))["rule"]
    assert {rule["kind"] for rule in rules} == kinds
    assert {rule["level"] for rule in rules} <= {"low", "medium", "high"}
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert sum(line.startswith("# Source:") for line in lines) >= len(kinds)


def test_long_text_takes_time_in_proportion() -> None:
    remarks("warm")
    started = time.process_time()
    remarks("at your age you people are all so " * 3_000)
    assert time.process_time() - started < 5.0


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_survived(text: str) -> None:
    assert all(0 <= remark.start < remark.end <= len(text) for remark in remarks(text))
