"""How much a reply repeats."""

import pytest

from inference.safety.repetition import echoes, repetitions


@pytest.mark.parametrize(
    ("text", "earlier", "found"),
    [
        ("I don't know.", ["I don't know. Ask her."], False),
        ("I don't know.", ["I don't know."], True),
        ("I never said that to anyone.", ["Listen. I never said that to anyone. Bye."], True),
        ("I told you about the yard and the crane today", ["I told you about the yard and the crane"], True),
        ("The yard was cold.", ["I told you about the crane"], False),
        ("It was cold there. It was cold there.", [], True),
        ("and then I go and then I go and then I go and then I go home", [], True),
        ("no no no no", [], True),
        ("Fine.", [], False),
    ],
)
def test_repetition_is_measured_against_itself_and_earlier_replies(
    text: str, earlier: list[str], found: bool
) -> None:
    shares = list(repetitions(text, earlier))

    assert bool(shares) is found
    assert all(0.4 < share <= 1.4 for share, _ in shares)


@pytest.mark.parametrize(
    ("text", "avoid", "found"),
    [
        ("It's in the shed cupboard.", ["shed cupboard"], True),
        ("It's in the shed.", ["shed cupboard"], False),
        ("how much do you drink after work", ["How much do you drink after work?"], True),
        ("I drink after work.", ["How much do you drink after work?"], False),
        ("Anything.", ["...", ""], False),
    ],
)
def test_echo_of_words_to_avoid_is_found(text: str, avoid: list[str], found: bool) -> None:
    assert bool(list(echoes(text, avoid))) is found
