"""What was reworded can be taken back to the byte, so that a card stays true of the files its weights learned from."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.data.edits import (
    EDITS_FILE,
    REWORDED,
    Edit,
    first_written,
    read_edits,
    reworded_since,
    states_of,
    taken_back,
    told,
)
from inference.data.errors import DataError
from inference.data.reading import DIALOGUES, read_dialogues
from inference.data.split import held_out

INFERENCE = DIALOGUES.parents[1]
CARDS = sorted(
    [*INFERENCE.glob("models/adapters/*/card.json"), *INFERENCE.glob("encoder/weights/*/card.json")]
)
FILE = "client/a.jsonl"
TURNS = ["Hello, Ünal.", '"Fine."', "What now?"]


def line(name: str, *texts: str, spaced: bool = False) -> str:
    row = {"id": name, "topic": "What now?!", "turns": [{"speaker": "x", "text": text} for text in texts]}
    return json.dumps(row, ensure_ascii=False, separators=None if spaced else (",", ":"))


def lying(*texts: str) -> bytes:
    """A file of two dialogues, the second of which says `texts`."""
    return f"{line('a-1', *TURNS, spaced=True)}\n\n{line('a-2', *texts)}\n".encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file that was first `TURNS`, then had its last turn reworded, then the second, then the last again."""
    (tmp_path / "client").mkdir()
    (tmp_path / FILE).write_bytes(lying(TURNS[0], '"Good."', "And?"))
    (tmp_path / "client/b.jsonl").write_bytes(lying(*TURNS))
    edits = [(2, "What now?", "What next?"), (1, '"Fine."', '"Good."'), (2, "What next?", "And?")]
    rows = [
        {"file": FILE, "id": "a-2", "turn": at, "before": before, "after": after, "why": "said too often"}
        for at, before, after in edits
    ]
    (tmp_path / EDITS_FILE).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_edits_are_taken_back_to_the_byte_the_last_first(folder: Path) -> None:
    assert list(states_of(FILE, folder)) == [
        lying(TURNS[0], '"Good."', "And?"),
        lying(TURNS[0], '"Good."', "What next?"),
        lying(TURNS[0], '"Fine."', "What next?"),
        lying(*TURNS),
    ]
    assert first_written(FILE, folder) == lying(*TURNS)


def test_a_checksum_tells_how_many_edits_were_made_since(folder: Path) -> None:
    since = [reworded_since(FILE, sha256(content), folder) for content in states_of(FILE, folder)]

    assert since == [0, 1, 2, 3]
    assert reworded_since(FILE, sha256(lying("Hello.")), folder) is None
    assert reworded_since("client/b.jsonl", sha256(lying(*TURNS)), folder) == 0
    assert reworded_since("unsafe/client.jsonl", sha256(b""), folder) is None


@pytest.mark.parametrize(
    "edit",
    [
        Edit(FILE, "a-2", 2, "What else?", "What then?"),
        Edit(FILE, "a-2", 1, "What else?", "What now?"),
        Edit(FILE, "a-2", 3, "What else?", "What now?"),
        Edit(FILE, "a-3", 2, "What else?", "What now?"),
    ],
)
def test_an_edit_that_the_file_does_not_hold_is_refused_without_its_words(edit: Edit) -> None:
    with pytest.raises(DataError, match=rf"{edit.file}, {edit.id}, turn {edit.turn} ") as raised:
        taken_back(lying(*TURNS), edit)
    assert "What" not in str(raised.value)


def test_words_that_stand_twice_in_a_dialogue_are_not_guessed_at() -> None:
    with pytest.raises(DataError):
        taken_back(lying("Mm.", "And?", "Mm."), Edit(FILE, "a-2", 2, "Hm.", "Mm."))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"turn": None}, "line 1: not an edit"),
        ({"turn": -1}, "line 1: changes nothing"),
        ({"after": "Secret."}, "line 1: changes nothing"),
    ],
)
def test_a_journal_that_is_not_in_its_form_is_refused(
    change: dict[str, object], why: str, tmp_path: Path
) -> None:
    row = {"file": FILE, "id": "a-2", "turn": 2, "before": "Secret.", "after": "And?"}
    (tmp_path / EDITS_FILE).write_text(json.dumps(row) + "\n" + json.dumps(row), encoding="utf-8")
    assert len(read_edits(tmp_path)) == 2

    (tmp_path / EDITS_FILE).write_text(json.dumps(row | change), encoding="utf-8")
    with pytest.raises(DataError, match=why) as raised:
        read_edits(tmp_path)
    assert "Secret" not in str(raised.value)


def test_a_folder_without_a_journal_has_no_edits(tmp_path: Path) -> None:
    assert read_edits(tmp_path) == []


def test_a_page_says_how_many_turns_were_reworded_or_nothing() -> None:
    assert told({}) == ""
    assert "Turns reworded since: 5, " in told({"client/a.jsonl": 2, "client/b.jsonl": 3})


def test_no_dialogue_kept_aside_was_reworded() -> None:
    """Figures are measured on those."""
    edits = read_edits()

    assert edits and not [edit.id for edit in edits if held_out(edit.id)]


def test_every_edit_that_ships_can_be_taken_back() -> None:
    for name in {edit.file for edit in read_edits()}:
        assert first_written(name) != (DIALOGUES / name).read_bytes()


def test_the_datasheet_counts_the_turns_that_were_reworded() -> None:
    turns = {each.id: each.turns for each in read_dialogues().dialogues}
    by = Counter(turns[edit.id][edit.turn].speaker for edit in read_edits())

    said = ", ".join(f"{speaker} {count}" for speaker, count in by.most_common())
    assert f"reworded so far: {said}. " in (DIALOGUES / "README.md").read_text(encoding="utf-8")


def untrue(card: dict) -> list[str]:
    """What a card says of a written dialogue's file that is not so: an empty list where all is."""
    return list(_untrue(card))


def _untrue(card: dict) -> Iterator[str]:
    for file in card["training_files"]:
        name = file["path"].removeprefix("dialogues/")
        if not (DIALOGUES / name).is_file():
            continue
        since = reworded_since(name, file["sha256"])
        if since is None:
            yield f"{name} never was that file"
        elif since != card.get(REWORDED, {}).get(file["path"], 0):
            yield f"{name} was reworded {since} times since"


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_every_card_names_files_as_they_lie_there_or_with_the_recorded_edits_taken_back(path: Path) -> None:
    card = json.loads(path.read_text(encoding="utf-8"))

    assert untrue(card) == []
    assert told(card.get(REWORDED, {})) in path.with_suffix(".md").read_text(encoding="utf-8")


def test_cards_that_learned_from_dialogues_are_among_those_held_to_it() -> None:
    named = {path.parent.name for path in CARDS if "client/a.jsonl" in path.read_text(encoding="utf-8")}

    assert named == {"client", "message"}


def test_a_card_that_names_neither_form_of_a_file_is_caught() -> None:
    lies, first = (sha256(content) for content in ((DIALOGUES / FILE).read_bytes(), first_written(FILE)))
    assert lies != first
    edits = sum(edit.file == FILE for edit in read_edits())

    def card(checksum: str, **more: object) -> dict:
        return {"training_files": [{"path": FILE, "sha256": checksum}], **more}

    assert untrue(card(lies)) == []
    assert untrue(card(first, reworded_since={FILE: edits})) == []
    assert untrue(card(first)) == [f"{FILE} was reworded {edits} times since"]
    assert untrue(card(lies, reworded_since={FILE: edits})) == [f"{FILE} was reworded 0 times since"]
    assert untrue(card(sha256(b"another file"))) == [f"{FILE} never was that file"]
