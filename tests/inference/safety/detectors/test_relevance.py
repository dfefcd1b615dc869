"""The lexical measure of how much a reply has to do with what was said."""

from hypothesis import given
from hypothesis import strategies as st

from inference.safety.detectors.relevance import coherence, content_words


def test_coherence_is_one_where_all_words_were_said_before() -> None:
    assert coherence("The wardrobe, the lamp.", "my lamp and the wardrobe") == 1.0


def test_coherence_is_nothing_where_no_word_is_near() -> None:
    assert coherence("Mix flour, water, yeast and salt.", "I cannot sleep") == 0.0


def test_coherence_counts_addressing_somebody_as_one_near_word() -> None:
    assert coherence("You bake yeast bread.", "") == 1 / 4


def test_coherence_is_one_where_nothing_of_content_is_said() -> None:
    assert coherence("Mm. Go on.", "I cannot sleep") == 1.0


def test_content_words_meet_by_stem() -> None:
    assert content_words("walking walked walks") == ["walk", "walk", "walk"]


@given(st.text(max_size=300), st.text(max_size=300))
def test_coherence_stays_between_nothing_and_one(reply: str, said: str) -> None:
    assert 0.0 <= coherence(reply, said) <= 1.0
