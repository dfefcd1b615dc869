"""Which turns of the written dialogues were reworded after weights had learned from them, and the files as they were.

`dialogues/edits.jsonl` is a journal, oldest first and only ever added to: `file id turn before after why` a line, turns
counted from 0. A card names the bytes that its weights learned from; with the edits taken back, the last first, a file
is what it was at any time since, to the byte. Knows texts and no labels.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.data.errors import DataError
from inference.data.lines import Row, rows_of
from inference.data.reading import DIALOGUES

EDITS_FILE = "edits.jsonl"
REWORDED = "reworded_since"
"""Where a card says how many turns of which file were reworded after its weights had learned from it."""


@dataclass(frozen=True)
class Edit:
    """`file` from the data's folder, as a card names it; `turn` from 0."""

    file: str
    id: str
    turn: int
    before: str
    after: str


def read_edits(folder: Path = DIALOGUES) -> list[Edit]:
    """The journal of a folder of dialogues, oldest first; empty where it keeps none. Raises DataError for a line that
    is not in the form."""
    path = folder / EDITS_FILE
    return [_read(number, row) for number, row in rows_of(path)] if path.is_file() else []


def taken_back(content: bytes, edit: Edit) -> bytes:
    """The file as it was before the edit. Raises DataError where the turn does not say what the edit made of it."""
    lines = content.split(b"\n")
    after, before = (json.dumps(text, ensure_ascii=False).encode() for text in (edit.after, edit.before))
    for at, line in enumerate(lines):
        if _says(line, edit) and line.count(after) == 1:
            lines[at] = line.replace(after, before)
            return b"\n".join(lines)
    raise DataError(f"{EDITS_FILE}: {edit.file}, {edit.id}, turn {edit.turn} does not say what is recorded")


def states_of(name: str, folder: Path = DIALOGUES) -> Iterator[bytes]:
    """A file's content as it lies in `folder`, then with its last edit taken back, then with the last two, until it is
    as first written. None of a file that is not there."""
    path = folder / name
    if not path.is_file():
        return
    content = path.read_bytes()
    yield content
    for edit in reversed([each for each in read_edits(folder) if each.file == name]):
        content = taken_back(content, edit)
        yield content


def first_written(name: str, folder: Path = DIALOGUES) -> bytes:
    """The file with every edit taken back."""
    *_, first = states_of(name, folder)
    return first


def reworded_since(name: str, sha256: str, folder: Path = DIALOGUES) -> int | None:
    """How many edits were made to the file since it had this checksum: 0 where it still has it, None where it never
    had."""
    for edits, content in enumerate(states_of(name, folder)):
        if hashlib.sha256(content).hexdigest() == sha256:
            return edits
    return None


def told(reworded: Mapping[str, int]) -> str:
    """What a card's page says of `reworded`, the edits by file since its weights learned; "" where there are none."""
    if not (count := sum(reworded.values())):
        return ""
    return (
        f"The checksums are of the files as they were learned from. Turns reworded since: {count}, one by one in "
        f"`inference/data/dialogues/{EDITS_FILE}`; taken back, they give these files to the byte."
    )


def _says(line: bytes, edit: Edit) -> bool:
    """Whether the line is the edit's dialogue and its turn has the words that the edit gave it."""
    try:
        row = json.loads(line)
        return bool(row["id"] == edit.id and row["turns"][edit.turn]["text"] == edit.after)
    except (ValueError, LookupError, TypeError):
        return False


def _read(number: int, row: Row) -> Edit:
    try:
        names = (str(row[name]) for name in ("file", "id"))
        edit = Edit(*names, int(row["turn"]), str(row["before"]), str(row["after"]))
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{EDITS_FILE}, line {number}: not an edit") from None
    if edit.turn < 0 or edit.before == edit.after:
        raise DataError(f"{EDITS_FILE}, line {number}: changes nothing")
    return edit
