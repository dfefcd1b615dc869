"""Reads the messages we wrote for the reader of personas (`personas/DATASHEET.md`), every field checked.

Knows the files' form and which rows are kept from training, not how a message is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.data.errors import DataError
from inference.data.lines import DataFile, Row, described, rows_of
from inference.data.split import held_out

PERSONAS = Path(__file__).parent / "personas"
NONE = "none"
LABELS = ("companion", "client", "education", NONE)
"""A persona that the API answers as, or none of them: nothing in the words tells."""
FIELDS = {"id": str, "text": str, "persona": str}
ALSO = {"pair": str, "hard": bool, "crisis": bool}


@dataclass(frozen=True)
class Wanted:
    """A message and the persona that its writer wants. `pair` is shared by messages of nearly the same words that want
    different ones; `is_hard`: written to be taken for another; `is_crisis`: must never reach another persona than the
    companion."""

    id: str
    text: str
    persona: str
    pair: str = ""
    is_hard: bool = False
    is_crisis: bool = False

    @property
    def unit(self) -> str:
        """What is kept together when rows are divided: the pair, or the row alone."""
        return self.pair or self.id

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept from training, with all of its pair."""
        return held_out(self.unit)


def read_personas(folder: Path = PERSONAS) -> tuple[list[Wanted], list[DataFile]]:
    """Every row of the folder's files, by file and line. Raises DataError for one not in the form."""
    rows: list[Wanted] = []
    files: list[DataFile] = []
    for path in sorted(folder.glob("*.jsonl")):
        read = [wanted_of(row, f"{path.name}, line {number}") for number, row in rows_of(path)]
        rows += read
        files.append(described(path, rows=len(read)))
    if not rows:
        raise DataError(f"{folder.name}: holds no rows")
    return rows, files


def wanted_of(row: Row, where: str) -> Wanted:
    """Raises DataError naming `where`, without repeating what the row says."""
    wrong = [name for name, kind in FIELDS.items() if not isinstance(row.get(name), kind) or not row[name]]
    wrong += [name for name, kind in ALSO.items() if name in row and type(row[name]) is not kind]
    wrong += _unknown(row)
    if wrong:
        raise DataError(f"{where}: not in the form: {', '.join(wrong)}")
    if row["persona"] not in LABELS:
        raise DataError(f"{where}: the persona is none of {', '.join(LABELS)}")
    return Wanted(
        row["id"],
        row["text"],
        row["persona"],
        row.get("pair", ""),
        row.get("hard", False),
        row.get("crisis", False),
    )


def _unknown(row: Row) -> Sequence[str]:
    return ["an unknown field"] if set(row) - FIELDS.keys() - ALSO.keys() else []
