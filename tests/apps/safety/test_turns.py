"""What was heard, from one layer and from both."""

import json

import pytest

from apps.encounters.answering import FixedReply, Plan
from apps.encounters.enums import Source
from apps.safety.asking import NOT_ASKED, Assessed
from apps.safety.enums import Reason
from apps.safety.policy import Action
from apps.safety.turns import hear, hear_both, judge_segment
from inference.contracts import Assessment, BehaviourCode, Finding, Label

JUDGED = {"screen": "s", "crisis": "1", "head.crisis.kind": "3", "behaviour": "behaviour 2"}
CRISIS = Finding("suicidal", 0.9, "", 0, 5, "head.crisis.kind", "3")
BIAS = Finding("bias.age", 0.9, "", 0, 5, "head.bias", "1")


def answered(*findings: Finding, **changes: object) -> Assessed:
    given: dict[str, object] = {"findings": findings, "versions": JUDGED, "abstained": False}
    assessment = Assessment(**(given | changes))  # type: ignore[arg-type]
    return Assessed(assessment, "partial" if assessment.partial else "", 12)


def test_what_one_layer_heard_is_marked_partial_until_the_other_has_answered() -> None:
    heard = hear("support", "I want to die.")
    assert heard.facts["partial"] is True
    assert [f["kind"] for f in heard.facts["findings"]["lexical"]] == ["suicidal"]
    assert heard.facts["findings"]["worker"] == []
    assert (heard.verdict.action, heard.decided, heard.reasons) == (Action.PROTOCOL, True, [Reason.CRISIS])


def test_each_layer_s_findings_are_kept_apart_and_the_screen_counts_once() -> None:
    lexical = Finding("suicidal", 0.5, "", 0, 5, "screen.suicidal.wish", "screen 1")
    heard = hear_both(hear("practice", "I want to die."), answered(lexical, CRISIS))
    assert [f["detector"] for f in heard.facts["findings"]["worker"]] == ["head.crisis.kind"]
    assert all(f["detector"].startswith("screen.") for f in heard.facts["findings"]["lexical"])


def test_the_worker_alone_may_raise_the_alarm_in_support() -> None:
    heard = hear("support", "Everyone would manage fine.")
    both = hear_both(heard, answered(CRISIS))
    assert (heard.verdict.action, both.verdict.action) == (Action.CONTINUE, Action.PROTOCOL)
    assert (both.facts["action"], both.panel) == ("protocol", "crisis")
    assert both.reasons == [Reason.CRISIS, Reason.LAYERS_DISAGREE]


def test_the_worker_takes_back_nothing_that_the_screen_decided() -> None:
    heard = hear("support", "I want to die.")
    both = hear_both(heard, answered())
    assert both.verdict == heard.verdict
    assert both.facts["disagree"] is True
    assert both.reasons == [Reason.CRISIS, Reason.LAYERS_DISAGREE]


@pytest.mark.parametrize(
    ("assessed", "partial", "why"),
    [
        (NOT_ASKED, True, "not_asked"),
        (Assessed(None, "engine_deadline", 300), True, "engine_deadline"),
        (answered(partial=True), True, "partial"),
        (answered(), False, ""),
    ],
)
def test_an_answer_that_is_missing_or_partial_is_said_to_be(
    assessed: Assessed, partial: bool, why: str
) -> None:
    heard = hear_both(hear("practice", "Hello."), assessed)
    assert (heard.facts["partial"], heard.facts["partial_why"]) == (partial, why)
    assert (heard.assessment is None) is partial
    assert heard.facts["assess_ms"] == assessed.took_ms


def test_without_a_look_for_a_crisis_the_layers_cannot_disagree() -> None:
    heard = hear_both(hear("practice", "I want to die."), answered(versions={"screen": "s"}))
    assert heard.facts["disagree"] is None
    assert heard.reasons == []


def test_what_a_partial_answer_did_find_still_counts() -> None:
    both = hear_both(hear("support", "Everyone would manage fine."), answered(CRISIS, partial=True))
    assert both.verdict.action is Action.PROTOCOL


def test_a_prejudice_becomes_a_signal_in_practice() -> None:
    said = "People of your age never change."
    assert hear_both(hear("practice", said), answered(BIAS)).signals == {"bias"}
    assert hear_both(hear("support", said), answered(BIAS)).signals == frozenset()
    assert hear_both(hear("practice", said), answered()).signals == frozenset()


def test_the_person_s_earlier_words_are_heard_with_the_new_ones() -> None:
    earlier = ["I have thought about killing myself."]
    assert hear("support", "I want out.").verdict.action is Action.CONTINUE
    assert hear("support", "I want out.", history=earlier).verdict.action is Action.PROTOCOL


def test_facts_hold_codes_and_numbers_and_no_word_of_the_message() -> None:
    said = "I want to kill myself with zqgravel."
    assessed = answered(
        Finding("suicidal", 0.9, "says zqgravel", 0, 5, "head.crisis.kind"),
        labels=(Label("talk", "change", 0.7),),
        codes=(BehaviourCode("Q", "open", 0.5, 0, 5),),
    )
    facts = json.dumps(hear_both(hear("practice", said), assessed).facts)
    assert "zqgravel" not in facts
    assert '"talk"' in facts


def test_a_segment_is_judged_by_the_worker_s_findings_and_our_own() -> None:
    plan = Plan(FixedReply((), Source.AUTHORED))
    fine = judge_segment("I suppose so.", [], plan=plan)
    biased = judge_segment("I suppose so.", [Finding("bias.age", 0.95, "", detector="head.bias")], plan=plan)
    assert (fine.show, biased.show, biased.code) == (True, False, "bias.age")
    assert [f["kind"] for f in biased.facts] == ["bias.age"]
