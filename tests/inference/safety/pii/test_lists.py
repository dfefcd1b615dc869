"""What the lists say of words."""

import pytest

from inference.safety.pii.lists import family_names, given_names, ordinary_words, sort_of


def test_lists_are_long_enough_for_many_cultures() -> None:
    assert len(given_names()) > 4000
    assert len(family_names()) > 1500
    assert len(ordinary_words()) > 10000


@pytest.mark.parametrize(
    ("word", "sort"),
    [
        ("aisha", "given"),
        ("okonkwo", "family"),
        ("jean-pierre", "given"),
        ("grace", "word"),
        ("sydney", "place"),
        ("prozac", "thing"),
        ("tired", "ordinary"),
        ("wasn't", "ordinary"),
        ("i've", "ordinary"),
        ("zorblat", ""),
    ],
)
def test_sort_of_says_what_a_word_can_be(word: str, sort: str) -> None:
    assert sort_of(word) == sort
