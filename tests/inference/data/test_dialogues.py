"""Every written dialogue keeps to its form, and no two are alike."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from inference.contracts import Person, WordingLimits
from inference.safety.screen import screen
from inference.safety.wording import wording_findings
from inference.vocabulary import acts, cues, plans
from tests.inference.data.sameness import REAL, Words, near, overlap, stretches, words_of

FOLDER = Path(__file__).resolve().parents[3] / "inference" / "data" / "dialogues"
FILES = sorted(FOLDER.glob("*/*.jsonl"))
BANDS = ("closed", "wary", "open")
THERAPISTS = {"good", "poor", "odd"}
PROTOCOL = "<<protocol>>"
SPEAKERS = {"client": {"therapist", "client"}, "companion": {"seeker", "companion"}}
WHOSE = {speaker: who for who, speakers in SPEAKERS.items() for speaker in speakers}
MOST_OVERLAP = 0.04
"""Share of a dialogue's four-word stretches found in another of 200, the mean (most: .024, therapists)."""
DIALOGUES_THE_SAME = 0.4
"""Different words in common of all of two dialogues (most: .315)."""
TURNS_THE_SAME, LEAST_WORDS = 0.75, 8
"""As of dialogues, of turns with so many different words (most: .70, two questions)."""
PAIRS = 10_000
LEAST_DISTINCT_PAIRS = 0.65
"""Different pairs of words among PAIRS in a row (least: .71, therapists)."""


@cache
def dialogues_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def replies(dialogue: dict[str, Any], who: str) -> list[dict[str, Any]]:
    return [turn for turn in dialogue["turns"] if turn["speaker"] == who]


@cache
def all_of(who: str) -> list[dict[str, Any]]:
    return [dialogue for path in FILES if path.parent.name == who for dialogue in dialogues_of(path)]


def said_by(speaker: str, dialogue: dict[str, Any]) -> list[Words]:
    """Turn by turn, the fixed words left out."""
    return [words_of(turn["text"]) for turn in replies(dialogue, speaker) if turn["text"] != PROTOCOL]


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
            assert len(words_of(reply["text"])) <= 60, dialogue["id"]


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


def test_nobody_real_is_named() -> None:
    named = [
        (dialogue["id"], found.group())
        for path in FILES
        for dialogue in dialogues_of(path)
        if (found := REAL.search(json.dumps(dialogue, ensure_ascii=False)))
    ]
    assert named == []


@pytest.mark.parametrize(("who", "fewest"), [("client", 600), ("companion", 400)])
def test_there_are_enough_dialogues_of_each_persona(who: str, fewest: int) -> None:
    assert len(all_of(who)) >= fewest


def test_enough_of_them_are_hard_in_every_way_that_talks_are() -> None:
    marked = [dialogue for who in SPEAKERS for dialogue in all_of(who) if dialogue["edge"]]
    kinds = {who: Counter(kind for d in all_of(who) for kind in d["edge"]) for who in SPEAKERS}

    assert len(marked) >= 410
    for kind in ("silence", "hostility", "seduction", "disclosure", "delusion", "relapse", "crisis"):
        assert all(kinds[who][kind] >= 4 for who in SPEAKERS), kind
    assert kinds["client"]["rupture"] >= 4
    assert {d["therapist"] for d in all_of("client")} == THERAPISTS


def counted(found: Iterable[str]) -> str:
    return ", ".join(
        f"{what} {times}" for what, times in sorted(Counter(found).items(), key=lambda e: (-e[1], e[0]))
    )


@pytest.mark.parametrize("who", sorted(SPEAKERS))
def test_the_datasheet_counts_them_as_they_are(who: str) -> None:
    every = all_of(who)
    ages = [int(dialogue[{"client": "client", "companion": "seeker"}[who]]["age"]) for dialogue in every]
    own = [reply for dialogue in every for reply in replies(dialogue, who)]
    groups = (
        sum(age < 30 for age in ages),
        sum(30 <= age < 60 for age in ages),
        sum(age >= 60 for age in ages),
    )
    numbers = (len(every), len(own), sum(bool(dialogue["edge"]) for dialogue in every), *groups)
    lines = [f"| {who} | {' | '.join(map(str, numbers))} |"]
    lines.append(f"| {who} | edge | {counted(kind for dialogue in every for kind in dialogue['edge'])} |")
    if who == "client":
        lines += [
            f"| client | therapist | {counted(dialogue['therapist'] for dialogue in every)} |",
            f"| client | pronoun | {counted(dialogue['client']['pronoun'] for dialogue in every)} |",
            f"| client | act, turns | {counted(reply['act'] for reply in own)} |",
            f"| client | band, turns | {counted(reply['band'] for reply in own)} |",
        ]
    else:
        lines.append(f"| companion | plan, turns | {counted(reply['plan'] for reply in own)} |")

    assert set(lines) <= set((FOLDER / "README.md").read_text(encoding="utf-8").splitlines())


UNDER_AGE = {"cc-45", "cc-83"}
"""Somebody says that they are under age, and no more: that has the fixed words too, and is no crisis."""


def test_in_a_crisis_the_fixed_words_are_said_once_and_never_otherwise() -> None:
    for dialogue in all_of("companion"):
        fixed = sum(reply["plan"] == "protocol" for reply in replies(dialogue, "companion"))
        is_due = "crisis" in dialogue["edge"] or dialogue["id"] in UNDER_AGE
        assert fixed == is_due, dialogue["id"]


MISHEARD = {"cb-2"}
"""Asks in a panic whether it is dying; the screen hears "I am dying" and not that it is asked."""


def test_what_the_screen_hears_as_grave_is_answered_by_the_fixed_words() -> None:
    grave = 0
    for dialogue in all_of("companion"):
        turns = dialogue["turns"]
        for at, turn in enumerate(turns[:-1]):
            heard = screen(turn["text"])
            if turn["speaker"] == "seeker" and heard.about_self and heard.severity in ("high", "imminent"):
                grave += 1
                said = [each["plan"] for each in turns[: at + 2] if each["speaker"] == "companion"]
                assert "protocol" in said or dialogue["id"] in MISHEARD, dialogue["id"]
    assert grave > 0


AS_A_THERAPIST = {
    *("a-25", "d-87"),  # scorn for mindfulness
    *("a-65", "a-83", "a-110", "c-110", "d-69", "e-54", "f-10"),  # politeness that keeps somebody off
    *("b-40", "f-85"),  # "you should try" the cold, a song
    *("c-13", "c-23", "c-44", "e-91", "f-23"),  # the therapist's own words thrown back, or theirs by chance
}
"""Clients in whose words the wording check finds a phrase of therapists or assistants, each read: in character."""


def test_clients_do_not_talk_like_therapists() -> None:
    found = set()
    for dialogue in all_of("client"):
        limits = WordingLimits(speaker=dialogue["client"]["name"], person=Person.CLIENT, max_words=60)
        for reply in replies(dialogue, "client"):
            kinds = {each.kind for each in wording_findings(reply["text"], limits=limits)}
            assert not kinds & {"role_break", "stage_direction"}, dialogue["id"]
            if kinds & {"therapist_speak", "assistant_speak"}:
                found.add(dialogue["id"])

    assert found == AS_A_THERAPIST


@pytest.mark.parametrize("who", sorted(SPEAKERS))
def test_no_reply_is_said_twice(who: str) -> None:
    said = Counter(
        " ".join(words_of(reply["text"]))
        for dialogue in all_of(who)
        for reply in replies(dialogue, who)
        if reply["text"] != PROTOCOL and len(words_of(reply["text"])) > 4
    )

    assert [text for text, times in said.items() if times > 1] == []


@pytest.mark.parametrize("speaker", sorted(WHOSE))
def test_no_five_words_are_in_more_than_one_dialogue_of_a_hundred(speaker: str) -> None:
    every = all_of(WHOSE[speaker])
    where: dict[Words, set[str]] = defaultdict(set)
    for dialogue in every:
        for words in said_by(speaker, dialogue):
            for stretch in stretches(words, 5):
                where[stretch].add(dialogue["id"])
    found = {" ".join(stretch): len(ids) for stretch, ids in where.items() if len(ids) > len(every) // 100}

    assert found == {}


@pytest.mark.parametrize("speaker", sorted(WHOSE))
def test_dialogues_share_few_stretches_of_words(speaker: str) -> None:
    """As self-BLEU, in a sample of 200."""
    texts = [
        tuple(word for words in said_by(speaker, each) for word in words) for each in all_of(WHOSE[speaker])
    ]

    assert overlap(random.Random(3).sample(texts, 200), 4) <= MOST_OVERLAP


@pytest.mark.parametrize("who", sorted(SPEAKERS))
def test_no_two_dialogues_are_nearly_the_same(who: str) -> None:
    every = all_of(who)
    bags = [
        frozenset(word for speaker in SPEAKERS[who] for words in said_by(speaker, each) for word in words)
        for each in every
    ]

    assert [(every[one]["id"], every[other]["id"]) for one, other in near(bags, DIALOGUES_THE_SAME)] == []


@pytest.mark.parametrize("speaker", sorted(WHOSE))
def test_no_two_turns_are_nearly_the_same(speaker: str) -> None:
    turns = [
        (each["id"], frozenset(words)) for each in all_of(WHOSE[speaker]) for words in said_by(speaker, each)
    ]
    pairs = near([bag for _, bag in turns], TURNS_THE_SAME, least=LEAST_WORDS)
    apart = [(turns[one][0], turns[other][0]) for one, other in pairs if turns[one][0] != turns[other][0]]

    assert apart == []


@pytest.mark.parametrize("speaker", sorted(WHOSE))
def test_words_are_varied(speaker: str) -> None:
    """The first PAIRS pairs of words of a shuffled lot: the share falls as texts grow in number."""
    texts = [words for each in all_of(WHOSE[speaker]) for words in said_by(speaker, each)]
    random.Random(3).shuffle(texts)
    pairs = [pair for words in texts for pair in pairwise(words)][:PAIRS]

    assert len(pairs) == PAIRS
    assert len(set(pairs)) / PAIRS >= LEAST_DISTINCT_PAIRS
