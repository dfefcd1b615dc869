"""The measures of sameness tell a template from prose."""

from tests.inference.data.sameness import REAL, distinct, near, overlap, words_of

FILLED = [words_of(f"My {who} says that I should go home today") for who in "abcdefgh"]


def test_overlap_tells_a_template_from_prose() -> None:
    assert overlap(FILLED, 4) > 0.5
    assert overlap([tuple("abcde"), tuple("fghij"), tuple("abc")], 4) == 0


def test_a_template_says_few_different_things() -> None:
    assert distinct(FILLED, 2) < 0.4
    assert distinct([tuple("abcde"), tuple("fghij")], 2) == 1


def test_two_texts_are_near_by_the_words_they_share_in_any_order() -> None:
    texts = [
        "one two three four five six",
        "six five four three two one",
        "one two seven eight nine ten",
        "one two",
    ]
    bags = [frozenset(words_of(text)) for text in texts]

    assert near(bags, 0.65) == [(0, 1)]
    assert near(bags, 0.2) == [(0, 1), (0, 2), (1, 2)]


def test_somebody_real_is_known_by_name() -> None:
    assert [
        bool(REAL.search(text)) for text in ("As Freud said.", "I rang the Samaritans.", "My aunt Freda.")
    ] == [
        True,
        True,
        False,
    ]
