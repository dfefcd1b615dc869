"""The clients that come with the product: one TOML file each in the folder `library/` beside this module.

Knows where they are, not what they do. Nothing here needs Django or a database.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from apps.scenarios.case import Case
from apps.scenarios.errors import UnknownCaseError
from apps.scenarios.format import load_case
from apps.scenarios.reading import nearest

FOLDER = Path(__file__).parent / "library"


def slugs() -> tuple[str, ...]:
    """Every slug in the library, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def library_case(slug: str) -> Case:
    """Read once a process. Raises UnknownCaseError, or CaseFormatError where the file is no case."""
    if slug not in slugs():
        raise UnknownCaseError(
            f'there is no client "{slug}" in the library{nearest(slug, slugs())}'
            " (manage.py simulate --list shows all)"
        )
    return load_case(FOLDER / f"{slug}.toml")


def library_cases() -> tuple[Case, ...]:
    """Every client, easiest first, then by slug."""
    return tuple(sorted(map(library_case, slugs()), key=lambda case: (case.difficulty, case.slug)))
