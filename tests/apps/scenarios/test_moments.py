import pytest

from apps.scenarios.moments import moment_of, moments
from inference.vocabulary import acts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("...", "silence"),
        ("Mm-hm.", "nod"),
        ("How long has this been going on?", "how_long"),
        ("What worries you most?", "worry"),
        ("It\u2019s lovely to meet you. What brings you here today?", "why_here"),
        ("What brings you here? Sorry: how are you sleeping?", "sleep"),
        ("I'm sorry. I was lecturing you.", "apology"),
        ("I'm sorry to hear that.", None),
        ("You're making excuses.", "accused"),
        ("Why can't you?", "why_cant"),
        ("Why don't you tell me about it?", None),
        ("You should have come sooner.", "rebuke"),
        ("You should talk to your family.", "tip"),
        ("Is there anything you'd like to ask me?", "ask_me"),
        ("So it is hardest when they are all asleep.", None),
    ],
)
def test_the_end_of_a_turn_says_what_is_asked(text: str, expected: str | None) -> None:
    found = moment_of(text)

    assert (found.id if found else None) == expected


def test_every_moment_can_be_answered_in_the_neutral_family() -> None:
    for moment in moments().values():
        assert not moment.acts or any(acts()[act].talk == "neutral" for act in moment.acts), moment.id
