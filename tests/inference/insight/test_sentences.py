"""Sentences with their places, and how much one speaker's words repeat another's."""

import pytest

from inference.insight.sentences import Sentence, content, overlap, sentences


def test_volley_is_cut_into_sentences_with_places() -> None:
    assert sentences("So. 3.5 units? ... Fine") == [
        Sentence("so", 0, 3, asks=False),
        Sentence("3.5 units", 4, 14, asks=True),
        Sentence("fine", 19, 23, asks=False),
    ]


def test_letters_that_grow_when_lowered_keep_their_places() -> None:
    assert [(s.start, s.end) for s in sentences("İ am. You")] == [(0, 5), (6, 9)]


@pytest.mark.parametrize(
    ("text", "other", "share"),
    [
        ("You tried twice", "I try it twice", 0.5),
        ("You tried twice", "I tried quitting twice", 1.0),
        ("It is so", "It is so", 0.0),
        ("You hurt yourself", "I hurt myself", 1.0),
    ],
)
def test_overlap_is_the_share_of_words_that_carry_something(text: str, other: str, share: float) -> None:
    assert overlap(text, other) == share


def test_content_leaves_small_words_out() -> None:
    assert content("And you were drinking the beers") == ["drink", "beer"]
