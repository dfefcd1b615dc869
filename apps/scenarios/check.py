"""`python -m apps.scenarios.check [FILE...]`: is a client's file well formed, and rich enough for the library?

Without files it checks the whole library. Exit 0 when nothing is wrong, 1 otherwise. Needs no Django set-up.
Knows counts and repeated words; whether a line is good is for a reader to judge.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from apps.scenarios.case import Case
from apps.scenarios.errors import CaseFormatError
from apps.scenarios.format import load_case
from apps.scenarios.library import FOLDER
from apps.scenarios.moments import LIKE_A_REFLECTION, moments
from apps.scenarios.toml_lines import line_numbers
from inference import vocabulary

LEAST_LINES = 110
LEAST_LINES_OF_AN_ACT = 3
LEAST_LINES_SINCE_A_GATE = 6
LEAST_LINES_TO_A_MOMENT = 3
LONGEST_LINE_WORDS = 45


def shortfalls(case: Case) -> list[tuple[tuple[str | int, ...], str]]:
    """(path in the file, what is missing for the library), in no order of weight."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    if len(case.lines) < LEAST_LINES:
        found.append((("lines",), f"has {len(case.lines)} lines; at least {LEAST_LINES}"))
    counts = Counter(line.act for line in case.lines)
    for act in vocabulary.acts():
        least = 0 if case.acts.get(act) == 0 else LEAST_LINES_OF_AN_ACT
        if counts[act] < least:
            found.append((("lines",), f'act "{act}" has {counts[act]} lines; at least {least}'))
    if not 2 <= len(case.openings) <= 4:
        found.append((("openings",), f"has {len(case.openings)}; two or three"))
    for index, gate in enumerate(case.gates):
        if len(gate.lines) < 2:
            found.append((("gates", index, "lines"), "wants two wordings"))
    return found + _missing_answers(case) + _weak_lines(case)


def _missing_answers(case: Case) -> list[tuple[tuple[str | int, ...], str]]:
    """Where a client could not refer back to what was told, or has nothing that answers what is often asked."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    since = Counter(line.since for line in case.lines)
    for index, gate in enumerate(case.gates):
        if since[gate.id] < LEAST_LINES_SINCE_A_GATE:
            found.append(
                (("gates", index, "id"), f"has {since[gate.id]} lines since it; {LEAST_LINES_SINCE_A_GATE}")
            )
    to = Counter(moment for line in case.lines for moment in line.to)
    for moment in moments().values():
        if moment.acts and moment.like == LIKE_A_REFLECTION and to[moment.id] < LEAST_LINES_TO_A_MOMENT:
            what = f'moment "{moment.id}" has {to[moment.id]} lines; at least {LEAST_LINES_TO_A_MOMENT}'
            found.append((("lines",), what))
    return found


def _weak_lines(case: Case) -> list[tuple[tuple[str | int, ...], str]]:
    found: list[tuple[tuple[str | int, ...], str]] = []
    seen: dict[str, str] = {}
    for index, line in enumerate(case.lines):
        words = re.findall(r"[\w']+", line.text.lower())
        key = " ".join(words)
        if key in seen:
            found.append((("lines", index, "text"), f"says the same as {seen[key]}"))
        seen.setdefault(key, f"lines[{index}]")
        if len(words) > LONGEST_LINE_WORDS:
            found.append((("lines", index, "text"), f"has {len(words)} words; at most {LONGEST_LINE_WORDS}"))
    return found


def check_file(path: Path) -> list[str]:
    """Every problem as a sentence with file, line and key; empty when the file is fit for the library."""
    try:
        case = load_case(path)
    except CaseFormatError as error:
        return list(error.problems)
    lines = line_numbers(path.read_text(encoding="utf-8"))
    return [
        f"{path.name}:{_first_line(where, lines)}: {_name(where)}: {what}" for where, what in shortfalls(case)
    ]


def _first_line(where: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> int:
    return next((lines[place] for place in (where, (*where, 0), where[:-1]) if place in lines), 1)


def _name(where: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")


def main(arguments: Sequence[str]) -> int:
    """Print one line a file or one a problem; returns the exit status."""
    paths = [Path(argument) for argument in arguments] or sorted(FOLDER.glob("*.toml"))
    problems = 0
    for path in paths:
        found = check_file(path)
        problems += len(found)
        print("\n".join(found) or f"{path.name}: {_summary(load_case(path))}")
    return 1 if problems else 0


def _summary(case: Case) -> str:
    return f"sound, {len(case.lines)} lines, {len(case.gates)} gates, difficulty {case.difficulty}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
