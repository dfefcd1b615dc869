import pytest

from inference.insight.emotion import emotions_of, harshness_of
from inference.safety.detectors.given import Reading


@pytest.mark.parametrize(
    ("scores", "named"),
    [
        ({"grief": 0.7, "sadness": 0.8, "joy": 0.1}, [("sadness", 0.8), ("grief", 0.7)]),
        ({"grief": 0.2, "neutral": 0.25}, [("neutral", 0.25)]),
        ({"grief": 0.24, "neutral": 0.2}, []),
        ({"grief": 0.5, "anger": 0.5}, [("anger", 0.5), ("grief", 0.5)]),
    ],
)
def test_emotions_are_named_from_the_threshold_the_likeliest_first(
    scores: dict[str, float], named: list[tuple[str, float]]
) -> None:
    assert emotions_of({"emotion": Reading(scores, "m1")}) == named


def test_no_more_than_five_are_named() -> None:
    scores = dict.fromkeys(("grief", "sadness", "fear", "remorse", "anger", "disgust"), 0.9)
    assert len(emotions_of({"emotion": Reading(scores, "m1")})) == 5


def test_harshness_is_the_likeliest_harsh_emotion() -> None:
    scores = {"anger": 0.2, "annoyance": 0.6, "joy": 0.9}
    assert harshness_of({"emotion": Reading(scores, "m1")}) == 0.6


def test_without_the_head_nothing_is_known() -> None:
    assert (emotions_of({}), harshness_of({})) == ([], None)
