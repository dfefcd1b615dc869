"""What happened to the adapters of one name, in order: lines that are added and never changed.

Each line holds the hash of the line before it, so that a line taken out or rewritten shows. What is promoted is read
from here and stands nowhere else. Knows no weights. One writer at a time, by a lock on the file.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from inference.errors import ModelError

SHIPPED = ""
"""In the place of an address: the adapter that comes with the product, or none where none comes."""


class Event(StrEnum):
    REGISTERED = "registered"
    PROMOTED = "promoted"
    REFUSED = "refused"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True)
class Entry:
    """`sha256`: what it is about, for a roll-back what speaks afterwards. `reasons`: why the gate said no, or what it
    looked at; `figures` and `against`: hashes of the figures it compared. `by`: who asked, as code words."""

    at: str
    event: str
    sha256: str
    before: str = SHIPPED
    reasons: tuple[str, ...] = ()
    figures: str = ""
    against: str = ""
    by: str = ""
    previous: str = ""


class History:
    """The history of one adapter's name in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "history.jsonl"

    def entries(self) -> list[Entry]:
        """Oldest first. Raises ModelError where a line was changed or taken out."""
        try:
            lines, _ = _whole(self._file.read_bytes())
        except FileNotFoundError:
            return []
        return list(_checked(lines, self._file))

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The only writer until it ends: what is read inside still holds when it is added to."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a+b") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            opened.seek(0)
            lines, length = _whole(opened.read())
            entries = list(_checked(lines, self._file))
            opened.truncate(length)
            yield Writer(opened, entries, _hash(lines[-1]) if lines else "")


class Writer:
    def __init__(self, opened: BinaryIO, entries: list[Entry], last: str) -> None:
        self.entries = entries
        self._opened, self._last = opened, last

    def add(self, event: Event, sha256: str, **facts: object) -> Entry:
        """On the disk when it returns."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = Entry(at=now, event=event, sha256=sha256, previous=self._last, **facts)  # type: ignore[arg-type]
        line = json.dumps(asdict(entry), ensure_ascii=True, separators=(",", ":")).encode()
        self._opened.write(line + b"\n")
        self._opened.flush()
        os.fsync(self._opened.fileno())
        self._last = _hash(line)
        self.entries.append(entry)
        return entry


def promoted(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The addresses promoted one upon another, the last of them speaks; a roll-back takes the last away."""
    standing: list[str] = []
    for entry in entries:
        if entry.event == Event.PROMOTED:
            standing.append(entry.sha256)
        elif entry.event == Event.ROLLED_BACK and standing:
            standing.pop()
    return tuple(standing)


def _whole(data: bytes) -> tuple[list[bytes], int]:
    """The whole lines and their length in bytes: a crash may leave the beginning of one, which never happened."""
    length = data.rfind(b"\n") + 1
    return data[:length].splitlines(), length


def _checked(lines: Sequence[bytes], file: Path) -> Iterator[Entry]:
    previous = ""
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
            entry = Entry(**found | {"reasons": tuple(found["reasons"])})
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(f"{file}, line {number}: cannot be read") from error
        if entry.previous != previous:
            raise ModelError(f"{file}, line {number}: a line before it was changed or taken out")
        previous = _hash(line)
        yield entry


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
