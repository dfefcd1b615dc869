"""Checks on the words written for a played person, by table."""

import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.contracts import WordingLimits
from inference.safety.wording import wording_findings

TABLE = tomllib.loads((Path(__file__).parent / "wording_cases.toml").read_text(encoding="utf-8"))["group"]
CASES = [(tuple(group["kinds"]), text) for group in TABLE for text in group["texts"]]
MARCUS = WordingLimits(
    speaker="Marcus Bell",
    max_words=45,
    facts={
        "age": 34,
        "married": "divorced",
        "children": ["Leah, 9"],
        "job": "forklift driver",
        "people": {"Leah": "daughter", "Kev": "manager"},
    },
    other_names=("Ada",),
    earlier=(
        "Everybody has a drink after a shift.",
        "I don't want to talk about my daughter today, all right?",
    ),
    avoid=("How much do you drink on a normal day after work?", "shed cupboard"),
)


@pytest.mark.parametrize(("kinds", "text"), CASES)
def test_wording_finds_what_breaks_the_part_and_nothing_else(kinds: tuple[str, ...], text: str) -> None:
    found = {finding.kind for finding in wording_findings(text, limits=MARCUS)}

    if kinds:
        assert set(kinds) <= found
    else:
        assert found == set()


def test_wording_puts_the_surest_first_with_a_place_and_a_reason() -> None:
    text = "Well, as an AI I don't know the"

    findings = wording_findings(text, limits=MARCUS)

    assert [finding.kind for finding in findings] == ["role_break", "unfinished"]
    assert text[findings[0].start : findings[0].end].lower() == "as an ai"
    assert all(finding.why and 0 < finding.score <= 1 for finding in findings)


def test_wording_holds_a_companion_to_other_rules() -> None:
    companion = WordingLimits(speaker="Companion", person="companion")

    assert wording_findings("It sounds like you're tired.", limits=companion) == ()
    assert wording_findings("As an AI I can listen.", limits=companion) == ()
    human = wording_findings("I'm a real person, and I've been there.", limits=companion)
    assert {finding.kind for finding in human} == {"role_break"}


def test_wording_lets_a_client_quote_a_therapist() -> None:
    assert wording_findings('"How does that make you feel?" Give over.', limits=MARCUS) == ()


def test_wording_scores_length_by_how_far_it_goes_over() -> None:
    limits = replace(MARCUS, max_words=4)

    def score(text: str) -> float:
        return next(f.score for f in wording_findings(text, limits=limits) if f.kind == "too_long")

    assert score("I do not like it.") < score("I do not like it, not one bit of it at all.") <= 1.0


def test_wording_needs_no_speaker() -> None:
    assert wording_findings("I don't know.", limits=WordingLimits(speaker="")) == ()


@pytest.mark.parametrize("piece", ["(", "*a ", "A: ", "my ", "i'm 4", "word ", "<", "[a"])
def test_wording_takes_little_time_for_long_text(piece: str) -> None:
    text = piece * (50_000 // len(piece))
    wording_findings("warm.", limits=MARCUS)

    started = time.process_time()
    wording_findings(text, limits=MARCUS)

    assert time.process_time() - started < 5.0


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=150))
def test_wording_survives_any_text(text: str) -> None:
    for finding in wording_findings(text, limits=MARCUS):
        assert 0 < finding.score <= 1
        assert finding.start is None or 0 <= finding.start < finding.end <= len(text)
