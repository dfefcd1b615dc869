"""The rule-based coder, by a table of utterances written before its cues were tuned."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.insight.behaviour import code_turn

GROUPS = tomllib.loads((Path(__file__).parent / "utterances.toml").read_text(encoding="utf-8"))["group"]
CASES = [(tuple(sorted(g["codes"])), g.get("client", ""), text) for g in GROUPS for text in g["texts"]]


def _codes(text: str, client: str = "") -> tuple[str, ...]:
    coding = code_turn(text, previous_client=client)
    return tuple(sorted(f"{code.code} {code.subtype}".strip() for code in coding.codes))


def test_table_is_large() -> None:
    assert len(CASES) >= 250


@pytest.mark.parametrize(("codes", "client", "text"), CASES)
def test_coder_reads_each_utterance_as_a_careful_reader_does(
    codes: tuple[str, ...], client: str, text: str
) -> None:
    assert _codes(text, client) == codes


def test_each_code_stands_once_a_volley_with_the_span_that_earned_it() -> None:
    text = "Okay. Do you smoke? Do you drink? It's up to you."

    coding = code_turn(text)

    assert [(code.code, text[code.start : code.end]) for code in coding.codes] == [
        ("Q", "Do you smoke?"),
        ("Emphasize", "It's up to you."),
    ]


def test_simple_and_complex_reflection_together_count_as_complex() -> None:
    client = "I drink a couple of beers after work."

    assert _codes("You drink a couple of beers after work. You feel torn.", client) == ("CR",)


def test_confront_trumps_question() -> None:
    assert _codes("You're in denial. Do you drink every day?") == ("Confront",)


def test_permission_once_given_covers_the_advice_that_follows() -> None:
    assert _codes("Would it be okay if I shared an idea? You should keep a diary.") == (
        "PersuadeWith",
        "Seek",
    )
    assert _codes("You should keep a diary.") == ("Persuade",)


def test_coder_abstains_where_it_cannot_tell_and_not_over_small_talk() -> None:
    assert code_turn("Purple elephants dance quietly.").abstained
    assert not code_turn("Mm-hmm.").abstained
    assert not code_turn("").abstained
    assert not code_turn("You feel torn.").abstained


def test_long_statement_about_neither_speaker_counts_as_information() -> None:
    assert _codes("The bus goes past the old mill and then round the park before the school gate.") == ("GI",)


def test_typographic_apostrophes_read_like_straight_ones() -> None:
    assert _codes("You’re feeling torn.") == _codes("You're feeling torn.")


@pytest.mark.parametrize("piece", ["you ", "what ", "a.", "you said it ", "i ", "if you don't ", "it's "])
def test_coder_takes_little_time_for_long_text(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    code_turn("warm")

    started = time.process_time()
    code_turn(text)

    assert time.process_time() - started < 5.0


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=80))
def test_coder_survives_any_text(text: str, client: str) -> None:
    coding = code_turn(text, previous_client=client)

    assert len({code.code for code in coding.codes}) == len(coding.codes)
    for code in coding.codes:
        assert 0 <= code.start < code.end <= len(text)
        assert 0 < code.confidence <= 1
