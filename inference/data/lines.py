"""JSON Lines files: their objects with line numbers, and what a card says of a file. Knows no form."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.data.errors import DataError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class DataFile:
    """`path` from the data's folder; `rows` counts objects."""

    path: str
    sha256: str
    rows: int


def rows_of(path: Path) -> Iterator[tuple[int, Row]]:
    """The objects of a file with their lines' numbers from 1. Raises DataError without repeating what a line holds."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        raise DataError(f"{path.name}: it cannot be read") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except ValueError:
            raise DataError(f"{path.name}, line {number}: not JSON") from None
        if not isinstance(row, dict):
            raise DataError(f"{path.name}, line {number}: not an object")
        yield number, row


def described(path: Path, *, rows: int) -> DataFile:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return DataFile(f"{path.parent.name}/{path.name}", digest, rows)
