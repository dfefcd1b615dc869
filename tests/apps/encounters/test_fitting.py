import json

import pytest

from apps.encounters.fitting import (
    MOST_LINES,
    MOST_LINES_BYTES,
    MOST_SAID,
    MOST_TALK_BYTES,
    newest_lines,
    newest_talk,
)

WIDEST = "\x01"
"""Six bytes in JSON."""


def size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def test_a_short_talk_goes_whole() -> None:
    talk = [("", "Hello."), ("Hello, Marcus.", "So. Here I am.")]
    assert newest_talk(talk) == talk
    assert newest_lines([said for _, said in talk]) == ("Hello.", "So. Here I am.")


@pytest.mark.parametrize("letter", ["a", "ร", "\N{WORRIED FACE}", WIDEST])
def test_of_a_long_talk_the_newest_that_fits_goes(letter: str) -> None:
    talk = [(f"{letter * 15_000}{n}", f"{letter * 15_000}{n}") for n in range(50)]
    near = newest_talk(talk)
    assert 1 <= len(near) < 50 and near[-1] == tuple(said[-MOST_SAID:] for said in talk[-1])
    assert size(near) < MOST_TALK_BYTES + 1000
    lines = newest_lines([said for _, said in talk])
    assert lines[-1] == near[-1][1] and size(lines) < MOST_LINES_BYTES + 1000


def test_of_many_lines_those_that_the_check_of_wording_looks_at_go() -> None:
    lines = [f"Line {n}." if n % 2 else "" for n in range(200)]
    assert newest_lines(lines) == tuple(f"Line {n}." for n in range(121, 200, 2))
    assert len(newest_lines(lines)) == MOST_LINES


def test_nothing_said_is_nothing_sent() -> None:
    assert (newest_talk([]), newest_lines([]), newest_lines(["", " "])) == ([], (), ())
