import pytest

from inference.contracts import Label, Speaker
from inference.safety.detectors.empathy import detect
from inference.safety.detectors.given import Given, Reading

READ = {
    "empathy.emotional_reactions": Reading({"0": 0.1, "1": 0.8, "2": 0.1}, "m1"),
    "empathy.explorations": Reading({"0": 0.4, "1": 0.3, "2": 0.3}, "m1"),
}


def test_a_helper_s_reply_is_labelled_where_head_and_phrases_are_sure() -> None:
    labels = list(detect(Given("Hang in there.", Speaker.COMPANION, (), READ)).labels)
    assert labels == [Label("empathy.emotional_reactions", "1", pytest.approx((0.8 + 0.6) / 1.6))]


def test_words_without_warmth_take_from_the_head_s_certainty() -> None:
    (label,) = detect(Given("Hm.", Speaker.COMPANION, (), READ)).labels
    assert (label.label, label.confidence) == ("1", pytest.approx(0.8 / 1.6))


def test_a_seeker_s_words_are_not_judged_for_empathy() -> None:
    assert list(detect(Given("Hm.", Speaker.SEEKER, (), READ)).labels) == []
