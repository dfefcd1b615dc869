"""The named rubrics: what is asked of replies, which figures stand for a part of it, what only a reader can rate."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.contracts import Person
from inference.evaluation.errors import EvaluationError
from inference.models.gate import Figures, Measured
from inference.strict_json import Json

LOWEST, HIGHEST = 1, 5
_FILE = Path(__file__).parent / "rubrics.toml"
_FIELDS = frozenset({"persons", "question", "low", "middle", "high", "reader"})


@dataclass(frozen=True)
class Dimension:
    """`low`, `middle` and `high` say what 1, 3 and 5 are. `persons`: by whose replies it is rated, the keys of the
    figures that stand for a part of it; `reader`: whether people rate it."""

    id: str
    rubric: str
    persons: Mapping[str, tuple[str, ...]]
    question: str
    low: str
    middle: str
    high: str
    reader: bool


@dataclass(frozen=True)
class Answered:
    """A dimension with what a machine measured of it: each figure, and the same of the author's own replies where that
    was measured."""

    dimension: Dimension
    measured: tuple[tuple[Measured, Measured | None], ...]


@cache
def dimensions() -> Mapping[str, Dimension]:
    """By id, in the file's order."""
    found: dict[str, Dimension] = {}
    for rubric, entry in _rubrics().items():
        for key, each in entry["dimensions"].items():
            if set(each) != _FIELDS or key in found or not set(each["persons"]) <= set(Person):
                raise EvaluationError(f"{_FILE.name}: {rubric}.{key} is not in its form")
            persons = {person: tuple(keys) for person, keys in each["persons"].items()}
            found[key] = Dimension(id=key, rubric=rubric, **each | {"persons": persons})
    return found


def titles() -> Mapping[str, str]:
    """Of the rubrics, by name, in the file's order."""
    return {name: str(entry["title"]) for name, entry in _rubrics().items()}


def rated(person: Person) -> list[Dimension]:
    """What readers are asked of one reply of this person; a talk's steadiness does not show in one."""
    return [
        each
        for each in dimensions().values()
        if each.reader and person in each.persons and each.id != "steady"
    ]


def answered(figures: Figures) -> list[Answered]:
    """Every dimension that is asked of this persona, with the figures that there are for it."""
    by_key = {each.key: each for each in figures.measured}
    return [
        Answered(
            each,
            tuple(
                (by_key[key], by_key.get(f"{key}, as written"))
                for key in each.persons[figures.name]
                if key in by_key
            ),
        )
        for each in dimensions().values()
        if figures.name in each.persons
    ]


def to_json(figures: Figures) -> list[dict[str, Json]]:
    """One object a dimension: its rubric, question, figures by key, and whether readers rate it."""
    return [
        {
            "rubric": each.dimension.rubric,
            "dimension": each.dimension.id,
            "question": each.dimension.question,
            "version": version(),
            "machine": {own.key: own.value for own, _ in each.measured},
            "as_written": {own.key: written.value for own, written in each.measured if written},
            "reader": each.dimension.reader,
        }
        for each in answered(figures)
    ]


@cache
def version() -> str:
    return str(_document()["version"])


def _rubrics() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, Json]]]]:
    return _document()["rubrics"]  # type: ignore[return-value]


@cache
def _document() -> Mapping[str, object]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
