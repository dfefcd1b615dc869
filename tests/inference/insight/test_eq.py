"""The five domains, by values worked out by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.insight.eq import Emotional, emotional_of
from inference.safety.detectors.given import Reading


def level(*chances: float) -> dict[str, float]:
    return dict(zip("012", chances, strict=True))


WARM = {
    "empathy.emotional_reactions": level(0.0, 0.5, 0.5),  # expected 1.5, share .75
    "empathy.interpretations": level(0.0, 0.0, 1.0),  # 2, share 1
    "empathy.explorations": level(0.5, 0.5, 0.0),  # .5, share .25
    "strategy": {"Reflection of feelings": 0.8, "Other": 0.2},
    "codes": {
        "CR": 0.9,
        "SR": 0.4,
        "AF": 0.3,
        "Seek": 0.1,
        "Emphasize": 0.0,
        "Confront": 0.1,
        "Persuade": 0.1,
    },
    "emotion": {"anger": 0.05, "annoyance": 0.02, "disgust": 0.0, "disapproval": 0.0},
    "toxicity": {"hate": 0.0, "offensive": 0.02, "none": 0.98},
}
COLD = {
    "empathy.emotional_reactions": level(1.0, 0.0, 0.0),
    "empathy.interpretations": level(1.0, 0.0, 0.0),
    "empathy.explorations": level(1.0, 0.0, 0.0),
    "strategy": {"Providing Suggestions": 1.0, "Reflection of feelings": 0.0},
    "codes": {
        "CR": 0.0,
        "SR": 0.0,
        "AF": 0.0,
        "Seek": 0.0,
        "Emphasize": 0.0,
        "Confront": 1.0,
        "Persuade": 0.9,
    },
    "emotion": {"anger": 0.9, "annoyance": 0.8, "disgust": 0.0, "disapproval": 0.5},
    "toxicity": {"hate": 0.0, "offensive": 0.3, "none": 0.7},
}


def read(heads: dict[str, dict[str, float]]) -> dict[str, Reading]:
    return {name: Reading(scores, "m1") for name, scores in heads.items()}


def test_a_warm_reply_has_the_values_worked_out_by_hand() -> None:
    assert emotional_of(read(WARM)) == Emotional(
        emotional_awareness=0.9,  # (.8 + 1) / 2
        empathy_recognition=0.6667,  # (.75 + 1 + .25) / 3
        emotional_regulation=0.9,  # 1 - .1
        social_cognition=0.95,  # (1 + .9) / 2
        interpersonal_skills=0.425,  # ((1 + .3 - .1) / 2 + .25) / 2
        overall_eq=0.7683,
    )


def test_a_cold_reply_is_at_the_bottom() -> None:
    assert emotional_of(read(COLD)) == Emotional(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("missing", "unknown"),
    [
        ("strategy", {"emotional_awareness"}),
        ("empathy.emotional_reactions", {"empathy_recognition"}),
        ("emotion", {"emotional_regulation"}),
        ("toxicity", {"emotional_regulation"}),
        ("codes", {"emotional_regulation", "social_cognition", "interpersonal_skills"}),
        ("empathy.explorations", {"empathy_recognition", "interpersonal_skills"}),
    ],
)
def test_a_domain_without_one_of_its_parts_is_unknown_and_so_is_the_overall(
    missing: str, unknown: set[str]
) -> None:
    found = emotional_of(read({name: scores for name, scores in WARM.items() if name != missing}))
    assert {name for name in Emotional.__slots__ if getattr(found, name) is None} == unknown | {"overall_eq"}


def test_nothing_read_is_nothing_known() -> None:
    assert emotional_of({}) == Emotional(None, None, None, None, None, None)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=20, max_size=20))
def test_every_domain_stays_between_0_and_1(chances: list[float]) -> None:
    at = iter(chances * 3)
    heads = {name: {label: next(at) for label in scores} for name, scores in WARM.items()}
    for name in [n for n in heads if n.startswith("empathy.")]:
        total = sum(heads[name].values()) or 1.0
        heads[name] = {label: chance / total for label, chance in heads[name].items()}
    found = emotional_of(read(heads))
    assert all(0 <= getattr(found, name) <= 1 for name in Emotional.__slots__)
