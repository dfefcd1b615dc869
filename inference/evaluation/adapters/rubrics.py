"""The named rubrics: what is asked of replies, which figures stand for a part of it, what only a reader can rate."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.contracts import Person
from inference.evaluation.errors import EvaluationError

LOWEST, HIGHEST = 1, 5
_FILE = Path(__file__).parent / "rubrics.toml"
_FIELDS = frozenset({"persons", "question", "low", "middle", "high", "machine", "reader"})


@dataclass(frozen=True)
class Dimension:
    """`low`, `middle` and `high` say what 1, 3 and 5 are. `machine`: keys of figures; `reader`: whether people rate."""

    id: str
    rubric: str
    persons: tuple[str, ...]
    question: str
    low: str
    middle: str
    high: str
    machine: tuple[str, ...]
    reader: bool


@cache
def dimensions() -> Mapping[str, Dimension]:
    """By id, in the file's order."""
    found: dict[str, Dimension] = {}
    for rubric, entry in _document()["rubrics"].items():  # type: ignore[attr-defined]
        for key, each in entry["dimensions"].items():
            if set(each) != _FIELDS or key in found or not set(each["persons"]) <= set(Person):
                raise EvaluationError(f"{_FILE.name}: {rubric}.{key} is not in its form")
            lists = {name: tuple(each[name]) for name in ("persons", "machine")}
            found[key] = Dimension(id=key, rubric=rubric, **each | lists)
    return found


def rated(person: Person) -> list[Dimension]:
    """What readers are asked of one reply of this person; a talk's steadiness does not show in one."""
    return [
        each
        for each in dimensions().values()
        if each.reader and person in each.persons and each.id != "steady"
    ]


@cache
def version() -> str:
    return str(_document()["version"])


@cache
def _document() -> Mapping[str, object]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
