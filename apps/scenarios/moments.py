"""What a therapist's turn asks of whoever answers it: "how long?", an apology, an accusation, silence.

Reads words only. Authors mark lines with these ids, the planner keeps to acts that can answer them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference import vocabulary

FILE = Path(__file__).parent / "moments.toml"
LIKE_A_REFLECTION = frozenset({"SR", "CR"})


class MomentError(Exception):
    """`moments.toml` names something there is not: bad configuration, stops the process."""

    code = "moments"
    retryable = False


@dataclass(frozen=True)
class Moment:
    """One entry of `moments.toml`, which explains the fields; `acts` is empty where any act answers it."""

    id: str
    patterns: tuple[re.Pattern[str], ...]
    acts: frozenset[str] = frozenset()
    change: float = 1.0
    like: frozenset[str] = LIKE_A_REFLECTION
    small: bool = False
    wordless: bool = False


@cache
def moments() -> Mapping[str, Moment]:
    """Every moment by id, in the file's order. Raises MomentError with the id where an act is unknown."""
    return {entry["id"]: _moment(entry) for entry in _document()["moments"]}


@cache
def version() -> int:
    """The version of the list, for the record of a turn."""
    return _document()["version"]


def moment_of(text: str) -> Moment | None:
    """The moment whose words end last in the text, or None."""
    words = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").strip()
    ends = {
        moment.id: max(
            (match.end() for pattern in moment.patterns for match in pattern.finditer(words)), default=-1
        )
        for moment in moments().values()
    }
    last = max(ends, key=lambda name: ends[name])
    return moments()[last] if ends[last] >= 0 else None


@cache
def _document() -> Mapping:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _moment(entry: Mapping) -> Moment:
    known = frozenset(entry.get("acts", ()))
    if unknown := known - vocabulary.acts().keys():
        raise MomentError(f"moments.toml: {entry['id']}: unknown {', '.join(sorted(unknown))}")
    return Moment(
        id=entry["id"],
        patterns=tuple(map(re.compile, entry["patterns"])),
        acts=known,
        change=float(entry.get("change", 1.0)),
        like=frozenset(entry.get("like", LIKE_A_REFLECTION)),
        small=entry.get("small", False),
        wordless=entry.get("wordless", False),
    )
