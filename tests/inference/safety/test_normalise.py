"""Plain words from raw text, with their places kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.safety.normalise import MAX_WORD, Vocabulary, Word, mended, plain, words

VOCABULARY = Vocabulary(
    known=frozenset({"kill", "myself", "die", "want", "to", "i", "suicide", "my"}),
    spellings={"wanna": ("want", "to"), "i'm": ("i", "am"), "u": ("you",), "kms": ("kms",)},
    censored=("kill", "suicide", "die"),
)


def _texts(raw: str) -> list[str]:
    return [word.text for word in words(raw, VOCABULARY)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("I wanna die", ["i", "want", "to", "die"]),
        ("I'm here", ["i", "am", "here"]),
        ("k1ll", ["kill"]),
        ("ki11", ["kill"]),
        ("$uicide", ["suicide"]),
        ("k*ll", ["kill"]),
        ("su***de", ["suicide"]),
        ("s**d", ["s**d"]),
        ("k**", ["k*"]),
        ("dieeee", ["die"]),
        ("killl", ["kill"]),
        ("k i l l m y s e l f", ["kill", "myself"]),
        ("k-i-l-l", ["kill"]),
        ("u a b", ["you", "a", "b"]),
        ("k.m.s", ["kms"]),
        ("mum's", ["mum"]),
        ("o'neill", ["oneill"]),
        ("l8r", ["l8r"]),
        ("ＤＩＥ", ["die"]),
        ("d\u200bie", ["die"]),
        ("díe", ["die"]),
        ("!!! ... ---", []),
    ],
)
def test_words_are_mended_towards_the_vocabulary(raw: str, expected: list[str]) -> None:
    assert _texts(raw) == expected


def test_words_know_their_place_sentence_comma_and_quotes() -> None:
    assert words('No, "die".\n\nhere', VOCABULARY) == [
        Word("no", 0, 2, 0, comma_before=False, quoted=False),
        Word("die", 5, 8, 0, comma_before=True, quoted=True),
        Word("here", 12, 16, 2, comma_before=False, quoted=False),
    ]


def test_one_line_break_is_no_sentence_end() -> None:
    assert {word.sentence for word in words("want to\ndie", VOCABULARY)} == {0}


def test_plain_keeps_ascii_offsets_and_maps_others() -> None:
    assert plain("Ab") == ("ab", None)
    assert plain("\u200bÀb") == ("ab", [1, 2])


def test_a_spelling_can_be_reached_by_a_guess() -> None:
    assert mended("wannnna", VOCABULARY) == ("want", "to")


@given(st.text(max_size=300))
def test_words_always_point_into_the_raw_text(raw: str) -> None:
    for word in words(raw, VOCABULARY):
        assert 0 <= word.start < word.end <= len(raw)
        assert 0 < len(word.text) <= MAX_WORD
