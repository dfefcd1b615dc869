import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engine.segments import LONGEST_SEGMENT_CHARACTERS, SentenceSplitter, is_closed


def split(text: str, size: int = 3) -> tuple[list[str], str]:
    splitter, done = SentenceSplitter(), []
    for start in range(0, len(text), size):
        done += splitter.push(text[start : start + size])
    return done, splitter.rest()


@pytest.mark.parametrize(
    ("text", "segments", "rest"),
    [
        ("I came because I had to. That is all.", ["I came because I had to."], "That is all."),
        ("Dr. Smith said 3.5 units. Fine by me.", ["Dr. Smith said 3.5 units."], "Fine by me."),
        ("What do you want?! Nothing, then.", ["What do you want?!"], "Nothing, then."),
        ("So. Here I am. Talk to me.", ["So. Here I am."], "Talk to me."),
        ('"You never listen." That\'s what she says.', ['"You never listen."'], "That's what she says."),
        ("No full stop in here\nAnd a new line", ["No full stop in here"], "And a new line"),
        ("I was at J. Smith's place. Then home.", ["I was at J. Smith's place."], "Then home."),
        ("", [], ""),
    ],
)
def test_text_is_cut_where_a_sentence_ends(text: str, segments: list[str], rest: str) -> None:
    assert split(text) == (segments, rest)


@given(st.text(max_size=300), st.integers(1, 9))
def test_cutting_does_not_depend_on_how_the_text_comes_and_loses_nothing(text: str, size: int) -> None:
    done, rest = split(text, size)
    assert "".join("".join([*done, rest]).split()) == "".join(text.split())
    assert all(segment.strip() == segment and segment for segment in done)


def test_a_sentence_without_an_end_is_cut_at_a_space() -> None:
    done, _ = split("word " * 300)
    assert done
    assert all(len(segment) <= LONGEST_SEGMENT_CHARACTERS for segment in done)


@pytest.mark.parametrize(
    ("text", "closed"), [("Yes.", True), ('"No!"', True), ("Well…", True), ("and", False), ("", False)]
)
def test_is_closed_sees_the_end_of_a_sentence(text: str, closed: bool) -> None:
    assert is_closed(text) is closed
