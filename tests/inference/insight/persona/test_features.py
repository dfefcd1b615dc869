import pytest

from inference.insight.persona.features import MOST_CHARACTERS, features, kind_of


def named(text: str) -> set[str]:
    return set(features(text))


def test_quoted_words_are_told_from_the_writers_own() -> None:
    assert "w drowning" in named("I am drowning")
    assert "w q_drowning" in named(
        "My client says \N{LEFT DOUBLE QUOTATION MARK}I am drowning\N{RIGHT DOUBLE QUOTATION MARK}"
    )
    assert "has me" not in named('A client said "I am lost"')


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("i'm", "me"),
        ("you", "you"),
        ("clients", "client"),
        ("reflections", "trade"),
        ("rehearsal", "play"),
        ("?", "?"),
        ("q_me", "q"),
        ("lamp", "-"),
    ],
)
def test_words_have_kinds(word: str, kind: str) -> None:
    assert kind_of(word) == kind


def test_who_is_spoken_of_and_whether_it_asks_are_counted() -> None:
    assert {"more me", "me alone"} <= {
        name for name, value in features("I miss my sister").items() if value > 0
    }
    asked = {name for name, value in features("What do you miss?").items() if value > 0}
    assert {"more you", "you alone", "asked at the end"} <= asked


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "\n\n", "\N{GRINNING FACE}"])
def test_a_text_without_a_word_has_no_features(text: str) -> None:
    assert features(text) == {}


def test_typewriter_and_printed_marks_read_the_same() -> None:
    assert features('I\'m "fine"') == features("I\u2019m \u201cfine\u201d")


def test_only_the_end_of_a_long_text_is_read() -> None:
    end = "what is a reflection? " * (MOST_CHARACTERS // 10)
    assert features("tablets " * 50 + end) == features("garden " * 50 + end)


def test_a_message_a_line_begins_anew_at_every_line() -> None:
    assert "begins define" in named("thanks\ndefine transference")
