"""A history that is added to and never changed."""

from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.models.history import Entry, Event, History, promoted


def written(folder: Path) -> History:
    history = History(folder)
    for number in range(3):
        with history.writing() as writing:
            writing.add(Event.PROMOTED, str(number) * 64, reasons=("why",), by="test")
    return history


def test_entries_come_back_in_order_each_naming_the_one_before(tmp_path: Path) -> None:
    entries = written(tmp_path).entries()

    assert [entry.sha256[0] for entry in entries] == ["0", "1", "2"]
    assert entries[0].previous == "" and entries[1].previous != entries[2].previous
    assert entries[1].reasons == ("why",) and entries[1].by == "test"


@pytest.mark.parametrize("at", [0, 1])
def test_a_line_taken_out_shows(tmp_path: Path, at: int) -> None:
    history, file = written(tmp_path), tmp_path / "history.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))

    with pytest.raises(ModelError, match=f"line {at + 1}"):
        history.entries()


def test_a_line_rewritten_shows(tmp_path: Path) -> None:
    history, file = written(tmp_path), tmp_path / "history.jsonl"
    file.write_bytes(file.read_bytes().replace(b"0000", b"9999", 1))

    with pytest.raises(ModelError, match="line 2"):
        history.entries()


def test_what_a_crash_left_half_written_never_happened(tmp_path: Path) -> None:
    history, file = written(tmp_path), tmp_path / "history.jsonl"
    file.write_bytes(file.read_bytes()[:-20])

    assert len(history.entries()) == 2
    with history.writing() as writing:
        writing.add(Event.ROLLED_BACK, "")
    assert [entry.event for entry in history.entries()] == ["promoted", "promoted", "rolled_back"]


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ("", ""),
        ("r", ""),
        ("p1", "1"),
        ("p1 p2", "12"),
        ("p1 p2 b", "1"),
        ("p1 p2 b b", ""),
        ("p1 f2", "1"),
        ("p1 p2 b p3 b", "1"),
        ("b p1", "1"),
    ],
)
def test_what_is_promoted_follows_from_the_events(events: str, standing: str) -> None:
    kinds = {"r": Event.REGISTERED, "p": Event.PROMOTED, "f": Event.REFUSED, "b": Event.ROLLED_BACK}
    entries = [Entry(at="", event=kinds[word[0]], sha256=word[1:]) for word in events.split()]

    assert "".join(promoted(entries)) == standing
