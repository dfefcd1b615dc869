"""Statements that contradict a case's facts; conservative, so what is unknown is never contradicted."""

import pytest

from inference.safety.contradictions import contradictions


def _why(text: str, facts: dict[str, object]) -> list[str]:
    return [why for _, why, _, _ in contradictions(text, facts)]


@pytest.mark.parametrize(
    ("text", "facts", "found"),
    [
        ("I'm 45.", {"age": 34}, True),
        ("I'm forty-five now.", {"age": 34}, True),
        ("I'm 34.", {"age": 34}, False),
        ("I’m thirty-four years old.", {"age": 34}, False),
        ("I'm 3 days sober.", {"age": 34}, False),
        ("I'm 100% sure.", {"age": 34}, False),
        ("I'm 45.", {"age": "unknown"}, False),
        ("I'm 45.", {}, False),
        ("I'm married.", {"married": "divorced"}, True),
        ("My wife is ill.", {"married": "single"}, True),
        ("My wife is ill.", {"married": False}, True),
        ("My wife is ill.", {"married": "divorced"}, False),
        ("I'm single.", {"married": True}, True),
        ("I am single.", {"married": "married"}, True),
        ("I'm divorced.", {"married": "widowed"}, True),
        ("I'm single.", {"married": "separated"}, True),
        ("I'm single.", {"married": "it is complicated"}, False),
        ("I'm single.", {"married": ""}, False),
        ("My kids hate me.", {"children": []}, True),
        ("My kids hate me.", {"children": "none"}, True),
        ("My brother hates me.", {"children": []}, False),
        ("I've got two sons.", {"children": []}, True),
        ("I don't have any children.", {"children": ["Leah, 9"]}, True),
        ("My two kids.", {"children": ["Leah, 9"]}, True),
        ("My two kids.", {"children": ["Leah, 9", "Sam, 4"]}, False),
        ("I have two daughters.", {"children": ["Leah, 9", "Sam, 4", "Jo, 2"]}, False),
        ("Leah is 12.", {"children": ["Leah, 9"]}, True),
        ("Leah's nine.", {"children": ["Leah, 9"]}, False),
        ("Leah is 12.", {"children": "Leah"}, False),
        ("My son cried.", {"children": ["Leah, 9"], "people": {"Leah": "daughter"}}, True),
        ("My daughter cried.", {"children": ["Leo, 9"], "people": {"Leo": "son"}}, True),
        ("My son cried.", {"children": ["Leah, 9"]}, False),
        ("My son cried.", {"children": ["Leah, 9"], "people": {"Leah": "child"}}, False),
        ("I'm a nurse.", {"job": "forklift driver"}, True),
        ("I work as a lorry driver.", {"job": "forklift driver"}, False),
        ("I'm a mess.", {"job": "forklift driver"}, False),
        ("I'm a nurse.", {}, False),
        ("My wife Anna left.", {"people": {"Marie": "wife"}}, True),
        ("My wife Marie left.", {"people": {"Marie": "wife"}}, False),
        ("My sister Marie left.", {"people": {"Marie Bell": "wife"}}, True),
        ("My sister Joan left.", {"people": {"Marie": "wife"}}, False),
        ("My sister left.", {"people": {"Marie": "wife"}}, False),
        ("My sister Joan left.", {"people": {}}, False),
    ],
)
def test_contradiction_is_found_only_where_a_fact_is_plainly_gainsaid(
    text: str, facts: dict[str, object], found: bool
) -> None:
    assert bool(_why(text, facts)) is found


def test_contradiction_says_which_fact_and_where() -> None:
    assert list(contradictions("No. I'm 45.", {"age": 34})) == [
        (0.9, "gives another age than the case", 4, 10)
    ]
