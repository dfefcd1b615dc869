"""How much of a talk goes to the engine with a message: the newest of it, so that a request always fits into a body.

Sizes are those of a text in JSON, where a control character takes six bytes. Knows no mode and no model: what a model
cannot hold of this, its worker leaves out.
"""

import json
from collections.abc import Sequence

MOST_SAID = 4_000
"""Characters of one earlier message, its end: as long as a person's message may be."""
MOST_TALK_BYTES = 64 * 1024
"""Of a talk. One exchange always fits: two messages of six bytes a character take 48,000."""
MOST_LINES = 40
"""As many earlier replies as the check of wording looks at."""
MOST_LINES_BYTES = 24 * 1024

Talk = Sequence[tuple[str, str]]
"""(person, persona) oldest first; either may be empty."""


def newest_talk(talk: Talk) -> list[tuple[str, str]]:
    """The newest exchanges that fit, oldest first."""
    cut = [(person[-MOST_SAID:], persona[-MOST_SAID:]) for person, persona in talk]
    return cut[_first_that_fits([_bytes(*pair) for pair in cut], MOST_TALK_BYTES) :]


def newest_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The newest of one speaker's replies that fit, oldest first; empty ones are left out."""
    cut = [line[-MOST_SAID:] for line in lines if line.strip()][-MOST_LINES:]
    return tuple(cut[_first_that_fits([_bytes(line) for line in cut], MOST_LINES_BYTES) :])


def _first_that_fits(sizes: Sequence[int], most: int) -> int:
    """Where the longest end begins that has `most` bytes at most."""
    first = len(sizes)
    while first and sum(sizes[first - 1 :]) <= most:
        first -= 1
    return first


def _bytes(*texts: str) -> int:
    return sum(len(json.dumps(text, ensure_ascii=False).encode()) for text in texts)
