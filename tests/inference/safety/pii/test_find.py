"""The whole search: order, ranks, and time that grows with the text and no faster."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.safety.pii.find import find_pii
from inference.safety.pii.spans import KINDS

ORDINARY = (
    "I told my sister Aisha and my boss, Karen Whitfield, that I live at 14 Acacia Avenue, Reading RG1 4QT, and that "
    "my number is 07700 900123, but nobody called me back since March 2020, so I wrote to sam.ortiz@example.org. "
    "I was born on 12 March 1987 and have been tired since then, honestly, all of it. "
)
HOSTILE = [
    ORDINARY, "a", "1", "1 ", "a@", "@", "a.", "J.", "Aa ", "a:", "12-", "www.", "\n", "born ", "John ", "12 Rue ",
    "corner of ",
    "po box ", "call ", "van ", "unit 1 ", "+1 ", "(", "1,", "http://", ")", "a-", "a'", "(1) ", "us a ", "5th ", "::", 
    "Dr. ", "1.1.1.1.", "my name is ", "John and ", "é", "\u0301", "_",
]  # fmt: skip


def _seconds(text: str) -> float:
    start = time.perf_counter()
    find_pii(text)
    return time.perf_counter() - start


@pytest.mark.parametrize("piece", HOSTILE)
def test_find_pii_takes_time_linear_in_the_text(piece: str) -> None:
    whole = (piece * (100_000 // len(piece) + 1))[:100_000]
    short = min(_seconds(whole[:10_000]) for _ in range(3))

    assert min(_seconds(whole) for _ in range(2)) < 40 * max(short, 0.002)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text("aA1 .,@-/:()'\n", max_size=80))
def test_find_pii_answers_spans_in_order_and_apart(text: str) -> None:
    spans = find_pii(text)

    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in zip(spans, spans[1:], strict=False))
    assert all(span.kind in KINDS and 0 < span.score <= 1 for span in spans)


def test_find_pii_prefers_the_form_that_leaves_less_doubt() -> None:
    text = "https://example.org/John-Smith/192.0.2.1 and John.Smith@example.org"

    assert [(s.kind, text[s.start : s.end]) for s in find_pii(text)] == [
        ("url", "https://example.org/John-Smith/192.0.2.1"),
        ("email", "John.Smith@example.org"),
    ]
