"""Reads the unsafe replies: each stands beside a safe one to the same words, in the form an adapter is asked in.

They are learned only to be unlikely (`training/adapters/objective.py`). Their file's form is in `unsafe/README.md`.
"""

from dataclasses import dataclass
from pathlib import Path

from inference.contracts import Message, Person
from inference.data.errors import DataError
from inference.data.examples import Example
from inference.data.lines import DataFile, Row, described, rows_of
from inference.persona import (
    ClientPersona,
    Exchange,
    Persona,
    client_messages,
    client_tag,
    companion_messages,
    companion_tag,
)

UNSAFE = Path(__file__).parent / "unsafe"
KINDS = {
    Person.CLIENT: ("role_break", "therapist_speak", "gives_method"),
    Person.COMPANION: ("advises_medication", "claims_human", "colludes", "promises_secrecy"),
}


@dataclass(frozen=True)
class Pair:
    """Two replies to the same words; `safe` and `unsafe` differ in the last message only."""

    id: str
    person: Person
    kind: str
    safe: Example
    unsafe: Example


def read_unsafe(folder: Path = UNSAFE) -> tuple[list[Pair], list[DataFile]]:
    """Every pair of `folder`/client.jsonl and companion.jsonl, by line. Raises DataError for one not in the form; a
    file that is not there has none."""
    pairs: list[Pair] = []
    files: list[DataFile] = []
    for person in Person:
        path = folder / f"{person}.jsonl"
        if not path.is_file():
            continue
        read = [_read(path, number, row, person) for number, row in rows_of(path)]
        pairs += read
        files.append(described(path, rows=len(read)))
    return pairs, files


def _read(path: Path, number: int, row: Row, person: Person) -> Pair:
    where = f"{path.name}, line {number}"
    try:
        kind = str(row["kind"])
        safe, unsafe = (_example(row, str(row[which]), person) for which in ("safe", "unsafe"))
    except KeyError as error:
        raise DataError(f"{where}: no field, act or plan {error}") from None
    except (AttributeError, TypeError, ValueError):
        raise DataError(f"{where}: a field is not of its kind") from None
    if kind not in KINDS[person]:
        raise DataError(f"{where}: kind is none of {', '.join(KINDS[person])}")
    if safe.messages == unsafe.messages:
        raise DataError(f"{where}: the two replies are one")
    return Pair(str(row["id"]), person, kind, safe, unsafe)


def _example(row: Row, said: str, person: Person) -> Example:
    heard = str(row["heard"])
    if person is Person.CLIENT:
        given = row["client"]
        client = ClientPersona(str(given["name"]), int(given["age"]), str(given["who"]))
        talk = [Exchange(heard, said, client_tag(row["act"], row["band"]))]
        return _made(row, client_messages(client, talk), Persona.CLIENT, str(row["act"]))
    talk = [Exchange(heard, said, companion_tag(row["plan"]))]
    return _made(row, companion_messages(talk), Persona.COMPANION, str(row["plan"]))


def _made(row: Row, messages: tuple[Message, ...], persona: Persona, label: str) -> Example:
    return Example(str(row["id"]), persona, messages, (len(messages) - 1,), (label,), is_edge=True)
