"""How a threshold is looked up, on a table small enough to read."""

import math
from datetime import timedelta

import pytest

from apps.safety.policy_table import policy_table, read_table
from inference.contracts import Finding
from inference.safety import screen, wording
from inference.safety.lexicon import lexicon
from inference.safety.wording import _matcher

SMALL = """
version = 9
[kinds]
crisis = ["suicidal"]
bias = ["bias"]
[heard.practice.any]
suicidal = 0.5
bias = 0.6
[heard.practice."head."]
suicidal = 0.7
[heard.practice."head.bias."]
bias = 0.8
"bias.age" = "never"
[heard.support.any]
suicidal = 0.3
[shown.client.any]
bias = 0.9
[unknown]
heard = "never"
shown = 0.9
[like]
api = "support"
[review.crisis]
modes = ["support"]
hours = 2
[layers]
judge_crisis = ["crisis", "head.crisis"]
[scenario.gil.heard.practice.any]
suicidal = 0.2
"""


@pytest.mark.parametrize(
    ("situation", "kind", "detector", "scenario", "least"),
    [
        ("heard.practice", "suicidal", "screen.x", "", 0.5),
        ("heard.practice", "suicidal", "head.crisis", "", 0.7),
        ("heard.practice", "suicidal", "headless", "", 0.5),
        ("heard.practice", "bias", "head.crisis", "", 0.6),
        ("heard.practice", "bias.gender", "head.bias.kinds", "", 0.8),
        ("heard.practice", "bias.age", "head.bias.kinds", "", math.inf),
        ("heard.practice", "bias.age", "lexicon", "", 0.6),
        ("heard.practice", "odd", "screen.x", "", math.inf),
        ("heard.practice", "suicidal", "head.crisis", "gil", 0.2),
        ("heard.practice", "bias", "screen.x", "gil", 0.6),
        ("heard.api", "suicidal", "screen.x", "", 0.3),
        ("shown.client", "odd", "", "", 0.9),
        ("shown.client", "bias.race", "", "", 0.9),
    ],
)
def test_the_most_particular_entry_says_from_which_score_a_finding_counts(
    situation: str, kind: str, detector: str, scenario: str, least: float
) -> None:
    table = read_table(SMALL)
    assert table.counts_from(situation, kind=kind, detector=detector, scenario=scenario) == least
    found = Finding(kind, min(least, 1.0), "", detector=detector)
    assert table.counts(situation, found, scenario=scenario) is (least <= 1)


def test_a_kind_belongs_to_the_group_of_its_family() -> None:
    table = read_table(SMALL)
    assert [table.group(kind) for kind in ("suicidal", "bias.age", "bias", "odd.bias", "")] == [
        "crisis",
        "bias",
        "bias",
        "",
        "",
    ]


def test_a_review_names_its_modes_and_its_time() -> None:
    review = read_table(SMALL).review["crisis"]
    assert (review.modes, review.within) == ({"support"}, timedelta(hours=2))


@pytest.mark.parametrize("value", ["1.5", "-0.1", '"sometimes"', "true"])
def test_what_is_no_score_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        read_table(SMALL.replace("suicidal = 0.5", f"suicidal = {value}"))


def test_a_crisis_was_looked_for_only_where_all_that_it_takes_answered() -> None:
    table = read_table(SMALL)
    assert table.did_judge_crisis({"screen": "1", "crisis": "1", "head.crisis.kind": "3"})
    assert not table.did_judge_crisis({"crisis": "1"})
    assert not table.did_judge_crisis({"head.crisis.kind": "3"})
    assert not table.did_judge_crisis({"crisis": "1", "head.crisisless": "3"})


def test_what_the_screen_and_the_wording_check_say_they_state_is_what_their_rules_state() -> None:
    ruled = {rule.kind for rule in lexicon().rules} - {"frame", "harmless"}
    assert ruled | {"about_me"} == screen.KINDS
    assert {rule["kind"] for rule in _matcher()[1]} <= wording.KINDS


def test_every_crisis_kind_of_the_screen_counts_from_some_score_in_every_mode() -> None:
    table = policy_table()
    for mode in ("practice", "support", "api"):
        for kind in screen.CRISIS_KINDS:
            for detector in ("screen.x", "head.crisis.kind"):
                assert table.counts_from(f"heard.{mode}", kind=kind, detector=detector) <= 0.95
