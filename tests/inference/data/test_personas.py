"""The messages for the reader of personas are whole, balanced, apart from each other and from the blind table."""

import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from inference.data.errors import DataError
from inference.data.personas import LABELS, NONE, PERSONAS, Wanted, read_personas, wanted_of

BLIND = Path(__file__).parent.parent / "insight" / "persona" / "blind.jsonl"
NEARLY_THE_SAME = 0.5
"""Words in common of all words of two messages from which they count as one (most, but for pairs: .47)."""
MOST_OF_A_START = 3
MOST_OF_FIVE_WORDS = 3
LEAST_DISTINCT_PAIRS = 0.70
"""Different pairs of words among the first 5,000, as for the written rows (here .79)."""
ROW = {"id": "x-1", "text": "Hello there.", "persona": "none"}


@cache
def rows() -> list[Wanted]:
    return read_personas()[0]


@cache
def blind() -> list[Wanted]:
    lines = BLIND.read_text(encoding="utf-8").splitlines()
    return [wanted_of(json.loads(line), f"line {number}") for number, line in enumerate(lines, 1)]


def words(row: Wanted) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w']+", row.text.lower()))


def test_every_persona_has_its_share_of_plain_and_of_hard_messages() -> None:
    shares = Counter(row.persona for row in rows())
    hard = Counter(row.persona for row in rows() if row.is_hard)
    assert set(shares) == set(LABELS)
    assert all(150 <= shares[persona] <= 165 and hard[persona] >= 45 for persona in LABELS if persona != NONE)
    assert shares[NONE] >= 50 and hard[NONE] >= 10


def test_ids_say_the_file_and_are_given_once() -> None:
    assert max(Counter(row.id for row in rows()).values()) == 1
    for path in sorted(PERSONAS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert re.fullmatch(rf"{path.stem}-\d+", row["id"]) and row["persona"] == path.stem, row["id"]


def test_every_crisis_wants_the_companion() -> None:
    crises = [row for row in rows() if row.is_crisis]
    assert len(crises) >= 20
    assert {row.persona for row in crises} == {"companion"}


def test_a_pair_is_nearly_the_same_words_for_different_personas() -> None:
    pairs = defaultdict(list)
    for row in rows():
        if row.pair:
            pairs[row.pair].append(row)
    assert len(pairs) >= 25
    for pair, members in pairs.items():
        assert len(members) >= 2 and len({row.persona for row in members}) == len(members), pair


def test_messages_are_of_many_lengths() -> None:
    lengths = [len(words(row)) for row in rows()]
    assert sum(length <= 8 for length in lengths) >= 70
    assert sum(length >= 70 for length in lengths) >= 12
    assert max(lengths) <= 130


def test_no_two_messages_are_nearly_the_same_but_pairs_and_none_is_in_the_blind_table() -> None:
    bags = [(row, frozenset(words(row))) for row in [*rows(), *blind()]]
    near = [
        (one.id, other.id)
        for at, (one, bag) in enumerate(bags)
        for other, second in bags[:at]
        if len(bag) > 4
        and len(bag & second) >= NEARLY_THE_SAME * len(bag | second)
        and not (one.pair and one.pair == other.pair)
    ]
    assert near == []


@pytest.mark.parametrize("persona", LABELS)
def test_messages_begin_differently(persona: str) -> None:
    starts = Counter(words(row)[:3] for row in rows() if row.persona == persona)
    start, times = starts.most_common(1)[0]
    assert times <= MOST_OF_A_START, " ".join(start)


def test_no_five_words_come_again_and_again() -> None:
    holding: Counter[tuple[str, ...]] = Counter()
    for row in rows():
        said = words(row)
        holding.update({said[at : at + 5] for at in range(len(said) - 4)})
    stretch, times = holding.most_common(1)[0]
    assert times <= MOST_OF_FIVE_WORDS, " ".join(stretch)


def test_words_are_combined_freely() -> None:
    pairs = [pair for row in rows() for pair in zip(words(row), words(row)[1:], strict=False)][:5000]
    assert len(pairs) == 5000
    assert len(set(pairs)) / len(pairs) >= LEAST_DISTINCT_PAIRS


def test_a_tenth_is_kept_from_training_with_pairs_whole() -> None:
    aside = Counter(row.persona for row in rows() if row.is_held_out)
    assert set(aside) == set(LABELS)
    assert 0.07 <= sum(aside.values()) / len(rows()) <= 0.15
    sides = defaultdict(set)
    for row in rows():
        sides[row.unit].add(row.is_held_out)
    assert all(len(side) == 1 for side in sides.values())


@pytest.mark.parametrize(
    "change", [{"persona": "friend"}, {"text": ""}, {"hard": 1}, {"pair": None}, {"label": "x"}, {"id": 3}]
)
def test_a_row_that_is_not_in_the_form_is_refused_without_its_words(change: dict[str, object]) -> None:
    assert wanted_of(ROW, "line 1").persona == NONE
    with pytest.raises(DataError) as refused:
        wanted_of(ROW | change, "client.jsonl, line 7")
    assert "client.jsonl, line 7" in str(refused.value)
    assert "Hello" not in str(refused.value)


def test_a_folder_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_personas(tmp_path)
