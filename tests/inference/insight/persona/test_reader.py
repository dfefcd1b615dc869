import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.data.personas import LABELS, NONE, Wanted, wanted_of
from inference.insight.persona import MOST_TEXTS, read_persona, version
from inference.insight.persona.reader import FOLDER, WEIGHTS_FILE, Weights, shipped_weights

BLIND = Path(__file__).parent / "blind.jsonl"
LEAST_BLIND_RIGHT = 48
"""Of 54 that want a persona, by the likeliest; 50 when the weights were trained."""
MOST_BLIND_WRONG = 3
"""Answered and wrong; 2 when the weights were trained."""
WEIGHTS = Weights(
    LABELS, (0.0, 0.0, 0.0, 0.0), {"w cbt": [0, 0, 9000, 0], "w hard": [9000, 0, 0, 0]}, 0.5, "v1"
)


def blind() -> list[Wanted]:
    return [wanted_of(json.loads(line), "blind") for line in BLIND.read_text(encoding="utf-8").splitlines()]


def test_the_blind_table_is_read_as_well_as_when_it_was_first_looked_at() -> None:
    read = [(row, read_persona([row.text])) for row in blind()]
    right = [row for row, reading in read if reading.likeliest == row.persona]
    wrong = [row for row, reading in read if reading.persona not in ("", row.persona)]
    assert len(read) == 60
    assert len(right) >= LEAST_BLIND_RIGHT
    assert len(wrong) <= MOST_BLIND_WRONG


def test_nobody_of_the_blind_table_who_wants_the_companion_gets_another() -> None:
    seekers = [row for row in blind() if row.persona == "companion"]
    assert len(seekers) == 18
    assert [row.id for row in seekers if read_persona([row.text]).persona not in ("", "companion")] == []


@pytest.mark.parametrize(
    ("text", "persona"),
    [
        ("What is motivational interviewing?", "education"),
        ("Explain the difference between a simple reflection and a question.", "education"),
        ("I feel so tired of all this.", "companion"),
        ("I\N{RIGHT SINGLE QUOTATION MARK}m overwhelmed and I don't know what to do", "companion"),
        ("Pretend to be a difficult client who drinks.", "client"),
        ("Let's role-play: you are the patient.", "client"),
        ("What brings you here today?", "client"),
        ("What is the weather like?", ""),
        ("hello", ""),
        ("", ""),
        ("12345 ...", ""),
    ],
)
def test_plain_requests_are_read_and_nothing_is_read_into_the_rest(text: str, persona: str) -> None:
    assert read_persona([text]).persona == persona


def test_it_abstains_below_the_threshold_and_where_there_is_nothing_to_read() -> None:
    assert read_persona(["cbt"], weights=WEIGHTS).persona == "education"
    unknown = read_persona(["lamp"], weights=WEIGHTS)
    assert (unknown.abstained, unknown.confidence, unknown.version) == (True, 0.25, "v1")
    assert read_persona([], weights=WEIGHTS).abstained


def test_the_last_messages_are_read_together() -> None:
    assert read_persona(["cbt", "lamp"], weights=WEIGHTS).persona == "education"
    forgotten = ["cbt", *["lamp"] * MOST_TEXTS]
    assert read_persona(forgotten, weights=WEIGHTS).persona == ""


@given(st.lists(st.text(max_size=200), max_size=8))
def test_any_text_is_read_without_failing(texts: list[str]) -> None:
    reading = read_persona(texts)
    assert 0 <= reading.confidence <= 1
    assert reading.likeliest in LABELS and reading.likeliest != NONE


def test_chances_add_up_to_one() -> None:
    chances = shipped_weights().chances({"w cbt": 1.0, "w unheard-of": 1.0})
    assert set(chances) == set(LABELS)
    assert sum(chances.values()) == pytest.approx(1)


def test_the_weights_are_small_and_need_no_numbers_library() -> None:
    assert (FOLDER / WEIGHTS_FILE).stat().st_size < 300_000
    script = (
        "import sys; from inference.insight.persona import read_persona; read_persona(['hello']);"
        "sys.exit(', '.join({'torch', 'numpy', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert version().startswith("persona ")
