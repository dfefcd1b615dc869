"""Statements with a question mark."""

import pytest

from inference.insight.rising import declarative


@pytest.mark.parametrize(
    "text",
    [
        "So you'd like to give up those cigarettes?",
        "Right. So it's the mornings that get to you?",
        "And your sister stayed the whole time?",
        "You’re saying nobody asked you first?",
    ],
)
def test_declarative_sees_a_statement_said_with_a_rising_voice(text: str) -> None:
    assert declarative(text)


@pytest.mark.parametrize(
    "text",
    [
        "Do you still see your brother at weekends?",
        "So what would make it easier on a Sunday?",
        "You'd like to stop. Is that right for you now?",
        "It helps you sleep, doesn't it help with that?",
        "You would like to give them up.",
        "Really?",
        "",
    ],
)
def test_declarative_leaves_questions_and_plain_statements(text: str) -> None:
    assert not declarative(text)
