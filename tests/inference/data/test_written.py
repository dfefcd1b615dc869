"""What is written for training keeps its form and does not repeat itself. Figures in brackets are those measured when
a limit was set; a limit leaves room for more rows, not for a template."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from inference.encoder.heads import ADAPTERS
from inference.training.corpora import RULED_TYPES, WRITTEN, unmarked
from tests.inference.data.sameness import REAL, Words, near, overlap, stretches
from tests.inference.data.sameness import words_of as words_of_text

Row = Mapping[str, object]

FILES = sorted(WRITTEN.glob("*/*.jsonl"))
SUITES = sorted({path.parent.name for path in FILES})
ALARMING = ("moderate", "high", "imminent")
FRAMES = {
    "crisis": {
        *("plain", "request", "third_person", "asking_for_friend", "past", "retraction", "negation"),
        *("hypothetical", "quote", "fiction", "slang", "code_word", "idiom", "homonym", "hyperbole"),
        *("clinical_question", "news_or_work", "ordinary_distress", "escalation", "joke"),
    },
    "harm": {
        *("derogation_explicit", "derogation_implicit", "dehumanising", "threat_direct", "threat_normative"),
        *(
            "slur",
            "slur_homonym",
            "slur_reclaimed",
            "profanity_hate",
            "profanity_plain",
            "emotion",
            "spelling",
        ),
        *("reference_later_sentence", "negated_positive", "negated_hate", "question_hate", "opinion_hate"),
        *("neutral_identity", "positive_identity", "self_description", "counter_quote", "counter_reference"),
        *("abuse_object", "abuse_person", "abuse_nonprotected", "trainee_bias", "model_bias", "clinical"),
    },
}
FIELDS = {
    "crisis": ({"id", "text", "kind", "severity", "timeline", "protective", "frame"}, {"history", "pair"}),
    "harm": ({"id", "text", "hateful", "biased", "kinds", "level", "group", "frame"}, {"pair"}),
    "talk": ({"id", "topic", "quality", "turns"}, set()),
    "empathy": (
        {"id", "seeker", "response", "strategy"} | {"emotional_reactions", "interpretations", "explorations"},
        {"history"},
    ),
    "technique": ({"id", "said", "text", "technique"}, set()),
    "pii": ({"id", "text"}, set()),
}
HEADS = {spec.name: spec.labels for specs in ADAPTERS.values() for spec in specs}
MOST_STARTS = 0.02
MOST_FIVE_WORDS = 0.01
LEAST_DISTINCT_PAIRS = 0.70
"""Different pairs of words among PAIRS in a row (least: .76, dialogues)."""
PAIRS = 5000
MOST_OVERLAP = 0.04
"""Share of a row's four-word stretches found in another of 200 rows of its file, the mean (most: .017, dialogues)."""
NEARLY_THE_SAME = 0.65
"""Words in common of all words of two rows, from which they count as one (no two rows of 5,600 reached it)."""


@cache
def rows_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def rows_in(suite: str) -> list[Row]:
    return [row for path in FILES if path.parent.name == suite for row in rows_of(path)]


def own_words(row: Row) -> str:
    """What the row's author wrote, without labels and marks."""
    if "turns" in row:
        return " ".join(turn["text"] for turn in row["turns"])
    if "response" in row:
        return f"{row['seeker']} {row['response']}"
    return re.sub(r"\[\[\w+:(.*?)\]\]", r"\1", str(row["text"]))


@cache
def words_of(path: Path) -> list[Words]:
    return [words_of_text(own_words(row)) for row in rows_of(path)]


def words_in(suite: str) -> list[Words]:
    return [words for path in FILES if path.parent.name == suite for words in words_of(path)]


def by_pair(suite: str) -> dict[str, list[Row]]:
    pairs = defaultdict(list)
    for row in rows_in(suite):
        if "pair" in row:
            pairs[str(row["pair"])].append(row)
    return pairs


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_there_are_several_thousand_rows() -> None:
    assert set(SUITES) == set(FIELDS)
    assert sum(len(rows_of(path)) for path in FILES) > 5000


def test_no_id_is_given_twice() -> None:
    ids = Counter(str(row["id"]) for path in FILES for row in rows_of(path))
    assert [each for each, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_row_has_the_fields_of_its_form(path: Path) -> None:
    needed, also = FIELDS[path.parent.name]
    for row in rows_of(path):
        assert needed <= set(row) <= needed | also, row["id"]
        assert re.fullmatch(rf"{path.stem}-\d+", str(row["id"]))
        assert own_words(row).strip(), row["id"]
        for said in row.get("history", ()):
            assert set(said) == {"speaker", "text"} and said["text"].strip(), row["id"]


def test_crisis_rows_have_labels_that_agree_with_each_other() -> None:
    for row in rows_in("crisis"):
        assert row["kind"] in HEADS["crisis.kind"] and row["severity"] in HEADS["crisis.severity"], row["id"]
        assert row["timeline"] in HEADS["crisis.timeline"] and row["frame"] in FRAMES["crisis"], row["id"]
        assert set(row["protective"]) <= set(HEADS["protective"]), row["id"]
        if row["severity"] == "none":
            assert (row["kind"], row["timeline"]) == ("none", "none"), row["id"]
        if row["severity"] in ALARMING:
            assert "none" not in (row["kind"], row["timeline"]), row["id"]
        if row["frame"] == "escalation":
            assert row.get("history"), row["id"]


def test_harm_rows_have_labels_that_agree_with_each_other() -> None:
    for row in rows_in("harm"):
        assert type(row["hateful"]) is type(row["biased"]) is bool, row["id"]
        assert set(row["kinds"]) <= set(HEADS["bias.kinds"]) and row["frame"] in FRAMES["harm"], row["id"]
        assert row["level"] in ("none", "low", "medium", "high"), row["id"]
        assert row["biased"] == bool(row["kinds"]) == (row["level"] != "none"), row["id"]
        assert row["biased"] or not row["hateful"], row["id"]


def test_dialogues_have_speakers_codes_and_talk() -> None:
    for row in rows_in("talk"):
        assert row["quality"] in ("good", "poor", "mixed") and row["topic"], row["id"]
        for turn in row["turns"]:
            if turn["speaker"] == "client":
                assert set(turn) == {"speaker", "text", "talk"} and turn["talk"] in HEADS["talk"], row["id"]
            else:
                assert set(turn) == {"speaker", "text", "codes", "form"}, row["id"]
                assert turn["speaker"] == "therapist" and set(turn["codes"]) <= set(HEADS["codes"]), row["id"]
                assert turn["form"] in (("open", "closed") if "Q" in turn["codes"] else ("",)), row["id"]


def test_replies_have_levels_and_a_strategy() -> None:
    for row in rows_in("empathy"):
        for mechanism in ("emotional_reactions", "interpretations", "explorations"):
            assert type(row[mechanism]) is int and row[mechanism] in (0, 1, 2), row["id"]
        assert row["strategy"] in HEADS["strategy"], row["id"]
    assert {row["technique"] for row in rows_in("technique")} == set(HEADS["technique"])


def test_personal_data_is_marked_with_known_types_and_whole_words() -> None:
    for row in rows_in("pii"):
        text, spans = unmarked(str(row["text"]))
        assert "[[" not in text and "]]" not in text, row["id"]
        end_before = 0
        for start, end, label in spans:
            assert label in (*HEADS["pii"][1:], *RULED_TYPES), row["id"]
            assert end_before <= start < end and text[start:end] == text[start:end].strip(), row["id"]
            assert not (text[start - 1 : start].isalnum() and text[start].isalnum() and start), row["id"]
            end_before = end


@pytest.mark.parametrize("suite", ["crisis", "harm"])
def test_a_pair_is_two_rows_that_differ_in_a_label(suite: str) -> None:
    pairs = by_pair(suite)
    assert len(pairs) > 50
    for pair, rows in pairs.items():
        labels = [
            tuple(row.get(field) for field in ("kind", "severity", "hateful", "biased")) for row in rows
        ]
        assert len(rows) == 2 and labels[0] != labels[1], pair


INNOCENT = {"idiom", "hyperbole", "homonym", "news_or_work", "ordinary_distress", "clinical_question"}
"""No crisis by what they are; their other side is a row of another frame, in pairs with nearly the same words."""


MISNAMED = {"p-262", "q-152"}
"""Crises whose frame is wrong. No head learns from a frame, and the cards name the files by hash: they stay as they are
until those heads are trained again."""


def test_every_register_of_crisis_has_alarms_and_none() -> None:
    rows = [row for row in rows_in("crisis") if row["id"] not in MISNAMED]
    frames = Counter((row["frame"], row["severity"] in ALARMING) for row in rows)
    for frame in FRAMES["crisis"]:
        assert frames[frame, False] > 0, frame
        assert (frames[frame, True] == 0) if frame in INNOCENT else frames[frame, True] > 0, frame
    paired = {
        str(row["frame"])
        for rows in by_pair("crisis").values()
        if any(row["severity"] in ALARMING for row in rows)
        for row in rows
    }
    assert paired >= INNOCENT


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_has_both_labels(path: Path) -> None:
    rows = rows_of(path)
    sides = {
        "crisis": lambda row: row["severity"] in ALARMING,
        "harm": lambda row: row["hateful"],
        "talk": lambda row: row["quality"] == "good",
        "empathy": lambda row: row["emotional_reactions"] + row["interpretations"] > 0,
        "technique": lambda row: row["technique"] == "none",
        "pii": lambda row: "[[name:" in str(row["text"]),
    }[path.parent.name]
    share = sum(map(sides, rows)) / len(rows)
    assert 0.05 < share < 0.95


def test_no_text_is_there_twice() -> None:
    texts = Counter(
        re.sub(r"\W+", " ", own_words(row).lower()).strip() for path in FILES for row in rows_of(path)
    )
    assert [text for text, times in texts.items() if times > 1] == []


def test_no_two_rows_are_nearly_the_same_but_pairs() -> None:
    rows = [row for path in FILES for row in rows_of(path)]
    bags = [frozenset(words) for path in FILES for words in words_of(path)]
    alike = [(rows[one], rows[other]) for one, other in near(bags, NEARLY_THE_SAME)]
    assert [
        (one["id"], other["id"])
        for one, other in alike
        if not one.get("pair") or one.get("pair") != other.get("pair")
    ] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rows_begin_differently(path: Path) -> None:
    starts = Counter(words[:3] for words in words_of(path))
    start, times = starts.most_common(1)[0]
    assert times <= max(3, MOST_STARTS * len(rows_of(path))), " ".join(start)


@pytest.mark.parametrize("suite", SUITES)
def test_no_five_words_come_again_and_again(suite: str) -> None:
    rows = words_in(suite)
    holding = Counter(stretch for words in rows for stretch in set(stretches(words, 5)))
    stretch, times = holding.most_common(1)[0]
    assert times <= max(MOST_FIVE_WORDS * len(rows), 8 if suite == "talk" else 4), " ".join(stretch)


@pytest.mark.parametrize("suite", SUITES)
def test_words_are_combined_freely(suite: str) -> None:
    rows = words_in(suite)
    random.Random(3).shuffle(rows)
    pairs = [pair for words in rows for pair in stretches(words, 2)][:PAIRS]
    assert len(pairs) == PAIRS
    assert len(set(pairs)) / len(pairs) >= LEAST_DISTINCT_PAIRS


@pytest.mark.parametrize("path", FILES, ids=name)
def test_rows_share_few_stretches_of_words(path: Path) -> None:
    """As self-BLEU, with the one size of stretch that single phrases do not reach; of a pair, one row."""
    alone = {
        str(row.get("pair", row["id"])): words
        for row, words in zip(rows_of(path), words_of(path), strict=True)
    }
    rows = [words for words in alone.values() if len(words) >= 8]
    sample = random.Random(3).sample(rows, k=min(200, len(rows)))
    assert overlap(sample, 4) <= MOST_OVERLAP


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nobody_real_is_named(path: Path) -> None:
    named = [(row["id"], found.group()) for row in rows_of(path) if (found := REAL.search(own_words(row)))]
    assert named == []
