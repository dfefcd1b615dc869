"""Whether words can be the act, or the plan, they were to carry out: marks that it must show, from `marks.toml`.

Knows words and their number, not meaning: a reply without the mark is not the act, one with it may be.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.contracts import Person
from inference.evaluation.errors import EvaluationError

_FILE = Path(__file__).parent / "marks.toml"
_ANY = (0, 99)


@dataclass(frozen=True)
class Mark:
    needs: tuple[re.Pattern[str], ...]
    never: tuple[re.Pattern[str], ...]
    words: tuple[int, int]
    questions: tuple[int, int]

    def shows_in(self, text: str) -> bool:
        plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        fewest, most = self.questions
        return (
            self.words[0] <= len(plain.split()) <= self.words[1]
            and fewest <= plain.count("?") <= most
            and (not self.needs or any(pattern.search(plain) for pattern in self.needs))
            and not any(pattern.search(plain) for pattern in self.never)
        )


def mark_of(person: str, label: str) -> Mark | None:
    """Of an act or a plan; None for one that has no mark."""
    return _marks()["plans" if person == Person.COMPANION else "acts"].get(label)


@cache
def version() -> str:
    return str(_document()["version"])


@cache
def _marks() -> dict[str, dict[str, Mark]]:
    document = _document()
    return {
        kind: {label: _mark(f"{kind}.{label}", entry) for label, entry in document[kind].items()}
        for kind in ("acts", "plans")
    }


def _mark(where: str, entry: dict[str, object]) -> Mark:
    unknown = set(entry) - {"needs", "never", "least_words", "most_words", "questions"}
    if unknown:
        raise EvaluationError(f"{_FILE.name}: {where} has unknown {', '.join(sorted(unknown))}")
    return Mark(
        needs=tuple(re.compile(pattern) for pattern in entry.get("needs", ())),  # type: ignore[attr-defined]
        never=tuple(re.compile(pattern) for pattern in entry.get("never", ())),  # type: ignore[attr-defined]
        words=(int(entry.get("least_words", 1)), int(entry.get("most_words", _ANY[1]))),  # type: ignore[call-overload]
        questions=tuple(entry.get("questions", _ANY)),  # type: ignore[arg-type]
    )


@cache
def _document() -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
