"""Every written dialogue keeps to its form, and no two are alike."""

import json
import re
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from inference.vocabulary import acts, cues, plans

FOLDER = Path(__file__).resolve().parents[3] / "inference" / "data" / "dialogues"
FILES = sorted(FOLDER.glob("*/*.jsonl"))
BANDS = ("closed", "wary", "open")
THERAPISTS = {"good", "poor", "odd"}
PROTOCOL = "<<protocol>>"
SPEAKERS = {"client": {"therapist", "client"}, "companion": {"seeker", "companion"}}


@cache
def dialogues_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def replies(dialogue: dict[str, Any], who: str) -> list[dict[str, Any]]:
    return [turn for turn in dialogue["turns"] if turn["speaker"] == who]


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_dialogue_has_its_form(path: Path) -> None:
    who = path.parent.name
    for dialogue in dialogues_of(path):
        assert {turn["speaker"] for turn in dialogue["turns"]} == SPEAKERS[who], dialogue["id"]
        assert 6 <= len(dialogue["turns"]) <= 24, dialogue["id"]
        assert isinstance(dialogue["edge"], list), dialogue["id"]
        assert all(turn["text"].strip() for turn in dialogue["turns"]), dialogue["id"]
        if who == "client":
            assert dialogue["therapist"] in THERAPISTS, dialogue["id"]
            assert {"name", "age", "pronoun", "who", "facts"} <= set(dialogue["client"]), dialogue["id"]
        for reply in replies(dialogue, who):
            assert len(words(reply["text"])) <= 60, dialogue["id"]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "client"], ids=name_of)
def test_every_client_turn_is_an_act_we_know_and_moves_one_band_at_most(path: Path) -> None:
    for dialogue in dialogues_of(path):
        said = replies(dialogue, "client")
        assert {reply["act"] for reply in said} <= set(acts()), dialogue["id"]
        assert {reply["cue"] for reply in said} - {""} <= set(cues()), dialogue["id"]
        bands = [BANDS.index(reply["band"]) for reply in said]
        assert all(abs(later - earlier) <= 1 for earlier, later in pairwise(bands)), dialogue["id"]
        if dialogue["therapist"] == "poor":
            assert bands[-1] <= bands[0], dialogue["id"]


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name == "companion"], ids=name_of)
def test_every_companion_turn_is_a_plan_we_know_and_protocol_words_are_fixed(path: Path) -> None:
    for dialogue in dialogues_of(path):
        for reply in replies(dialogue, "companion"):
            assert reply["plan"] in plans(), dialogue["id"]
            assert (reply["plan"] == "protocol") == (reply["text"] == PROTOCOL), dialogue["id"]


def test_ids_are_unique() -> None:
    ids = Counter(dialogue["id"] for path in FILES for dialogue in dialogues_of(path))

    assert [each for each, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("who", sorted(SPEAKERS))
def test_no_reply_is_said_twice_and_no_phrase_runs_through_the_dialogues(who: str) -> None:
    every = [d for path in FILES if path.parent.name == who for d in dialogues_of(path)]
    said = Counter(
        " ".join(words(reply["text"]))
        for dialogue in every
        for reply in replies(dialogue, who)
        if reply["text"] != PROTOCOL and len(words(reply["text"])) > 4
    )
    where: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for dialogue in every:
        for reply in replies(dialogue, who):
            own = words(reply["text"])
            for at in range(len(own) - 4):
                where[tuple(own[at : at + 5])].add(dialogue["id"])

    assert [text for text, times in said.items() if times > 1] == []
    limit = max(6, len(every) // 100)
    assert [" ".join(gram) for gram, ids in where.items() if len(ids) > limit] == []


@pytest.mark.parametrize("who", sorted(SPEAKERS))
def test_words_are_varied(who: str) -> None:
    own = [
        words(reply["text"])
        for path in FILES
        if path.parent.name == who
        for dialogue in dialogues_of(path)
        for reply in replies(dialogue, who)
    ]
    pairs = [pair for reply in own for pair in pairwise(reply)]

    assert len(set(pairs)) / len(pairs) > 0.3
