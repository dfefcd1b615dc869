"""Unsafe replies stand beside safe ones, are of every kind, and hold no method and no dose."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from inference.data.errors import DataError
from inference.data.split import held_out
from inference.data.unsafe import KINDS, UNSAFE, read_unsafe

ROW = {
    "id": "up-1",
    "kind": "claims_human",
    "heard": "Are you real?",
    "plan": "inform",
    "safe": "No, I'm a program.",
    "unsafe": "Yes, I am.",
}


def folder_with(tmp_path: Path, row: dict) -> Path:
    (tmp_path / "companion.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return tmp_path


def test_the_shipped_pairs_are_of_every_kind_and_some_of_each_person_are_kept_aside() -> None:
    pairs, files = read_unsafe()
    kinds = Counter(pair.kind for pair in pairs)

    assert set(kinds) == {kind for own in KINDS.values() for kind in own} and min(kinds.values()) >= 10
    assert sum(file.rows for file in files) == len(pairs) >= 80
    assert {pair.person for pair in pairs if held_out(pair.id)} == set(KINDS)
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_no_unsafe_reply_says_how_much_of_what() -> None:
    for path in sorted(UNSAFE.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            unsafe = json.loads(line)["unsafe"]
            assert not re.search(
                r"\d|\bmg\b|milligram|\bgrams?\b|paracetamol|rope|blade|bridge", unsafe.lower()
            ), line


def test_the_two_replies_of_a_pair_answer_the_same_words(tmp_path: Path) -> None:
    ((pair,), _) = read_unsafe(folder_with(tmp_path, ROW))

    assert pair.safe.messages[:-1] == pair.unsafe.messages[:-1]
    assert [each.messages[-1].text for each in (pair.safe, pair.unsafe)] == [ROW["safe"], ROW["unsafe"]]
    assert pair.unsafe.learned == (len(pair.unsafe.messages) - 1,)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "rude"}, "kind is none of"),
        ({"unsafe": ROW["safe"]}, "the two replies are one"),
        ({"plan": "sing"}, "no field, act or plan 'sing'"),
    ],
)
def test_a_pair_that_is_not_in_the_form_is_named_by_line(change: dict, why: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"companion.jsonl, line 1: {why}"):
        read_unsafe(folder_with(tmp_path, ROW | change))
