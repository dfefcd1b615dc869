"""Which dialogues are kept from training, decided by their ids alone."""

import json
from pathlib import Path

import pytest

from inference.data.split import held_out

DIALOGUES = Path(__file__).resolve().parents[3] / "inference" / "data" / "dialogues"


@pytest.mark.parametrize(
    ("dialogue_id", "kept"), [("a-42", True), ("a-1", False), ("b-1", False), ("ca-14", True)]
)
def test_an_id_always_falls_on_the_same_side(dialogue_id: str, kept: bool) -> None:
    assert held_out(dialogue_id) is kept


@pytest.mark.parametrize("who", ["client", "companion"])
def test_about_one_written_dialogue_in_ten_is_held_out(who: str) -> None:
    ids = [
        json.loads(line)["id"]
        for path in sorted((DIALOGUES / who).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]

    share = sum(map(held_out, ids)) / len(ids)

    assert 0.06 <= share <= 0.14
