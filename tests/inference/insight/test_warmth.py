"""Warmth by phrases."""

import pytest

from inference.insight.warmth import warmth


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("I'm so sorry you had to sit through that alone.", 2),
        ("it breaks my heart to read this", 2),
        ("I’m really glad you told us.", 2),
        ("Hang in there, it gets lighter in March.", 1),
        ("you got this", 1),
        ("Ring the surgery at eight, they keep slots back.", 0),
        ("I haven't slept since Tuesday either.", 0),
        ("", 0),
    ],
)
def test_warmth_is_told_by_its_words(text: str, level: int) -> None:
    assert warmth(text) == level


def test_warmth_takes_time_linear_in_the_text() -> None:
    assert warmth("so really very " * 40_000) == 0
