"""The crisis detector, by a table of readings and messages written before its rules."""

import tomllib
from pathlib import Path

import pytest

from inference.contracts import Message, Role, Speaker
from inference.safety.detectors.crisis import crisis_of, decide_crisis, detect
from inference.safety.detectors.given import Given, Reading, Tag

CASES = tomllib.loads((Path(__file__).parent / "crisis_cases.toml").read_text(encoding="utf-8"))
DECIDED = {case["name"]: case for case in CASES["decided"]}


def readings(case: dict, **more: dict) -> dict[str, Reading]:
    heads = {"crisis.kind": case["kind"], "crisis.severity": case["severity"], **more}
    return {name.replace("_", "."): Reading(scores, "m1") for name, scores in heads.items()}


def given(
    text: str, model: str = "", *, earlier: tuple[str, ...] = (), speaker: str = Speaker.SEEKER
) -> Given:
    role = Role.USER if speaker in (Speaker.SEEKER, Speaker.THERAPIST) else Role.ASSISTANT
    history = tuple(Message(role, each) for each in earlier)
    return Given(text, speaker, history, readings(DECIDED[model]) if model else {})


@pytest.mark.parametrize("case", CASES["decided"], ids=lambda case: case["name"])
def test_readings_are_decided_by_the_table(case: dict) -> None:
    read = decide_crisis(readings(case))
    assert read is not None
    gives = {name: getattr(read, name) for name in case["gives"]}
    assert gives == {**case["gives"], "alarm": pytest.approx(case["gives"]["alarm"])}


@pytest.mark.parametrize("case", CASES["seen"], ids=lambda case: f"{case['text'][:30]} / {case['model']}")
def test_both_layers_and_the_conversation_are_seen_together(case: dict) -> None:
    view = crisis_of(given(case["text"], case["model"], earlier=tuple(case.get("earlier", ()))))
    agrees = {"yes": True, "no": False, "": None}
    wanted = dict(case["gives"])
    assert view.agreed is agrees[wanted.pop("agrees")]
    assert {name: getattr(view, name) for name in wanted} == wanted


@pytest.mark.parametrize("case", CASES["held"], ids=lambda case: case["name"])
def test_who_speaks_decides_whether_the_model_is_believed(case: dict) -> None:
    view = crisis_of(given(case["text"], case["model"], speaker=case["speaker"]))
    assert view.model is not None
    assert {"severity": view.severity, "alarmed": view.alarmed} == case["gives"]


def test_without_heads_the_detector_says_nothing_of_one_message() -> None:
    assert decide_crisis({}) is None
    assert list(detect(given("I had soup for lunch.")).findings) == []


def test_a_finding_names_the_head_its_severity_and_the_reason() -> None:
    (finding,) = detect(given("The papers are in the top drawer.", "a plan")).findings
    assert (finding.kind, finding.score, finding.detector) == ("suicidal", 0.75, "head.crisis")
    assert "high" in finding.why and "95%" in finding.why
    assert (finding.start, finding.end) == (None, None)


def test_a_finding_points_at_the_words_that_the_head_attended_to() -> None:
    message = given("Well. The papers are in the top drawer.", "a plan")
    tags = (Tag("name", 0, 4, 0.9), Tag("crisis.severity", 6, 16, 0.4), Tag("crisis.severity", 17, 39, 0.6))
    (finding,) = detect(Given(message.text, message.speaker, (), message.readings, tags)).findings
    assert (finding.start, finding.end) == (17, 39)


def test_a_finding_falls_back_on_the_words_that_the_screen_found() -> None:
    message = given("Listen. I want to kill myself.", "a plan")
    (finding,) = detect(message).findings
    assert "kill myself" in message.text[finding.start : finding.end]


def test_the_screen_s_own_findings_are_not_repeated() -> None:
    assert [f.detector for f in detect(given("I want to kill myself.", "an ordinary message")).findings] == []


def test_labels_say_timeline_protection_agreement_and_what_to_do() -> None:
    case = DECIDED["a plan"]
    more = {
        "crisis_timeline": {"none": 0.4, "immediate": 0.45, "ongoing": 0.15},
        "protective": {"support": 0.8, "coping": 0.2, "hope": 0.6, "responsibility": 0.1},
    }
    message = Given("The papers are in the top drawer.", Speaker.SEEKER, (), readings(case, **more))
    labels = {(label.name, label.label) for label in detect(message).labels}
    assert labels >= {
        ("crisis.alarm", "yes"),
        ("crisis.kind", "suicidal"),
        ("crisis.severity", "high"),
        ("crisis.timeline", "immediate"),
        ("protective", "support"),
        ("protective", "hope"),
        ("crisis.layers", "disagree"),
        ("crisis.action", "ask_plan"),
        ("crisis.action", "bring_in_human"),
    }
    assert ("protective", "coping") not in labels


def test_an_ordinary_message_recommends_nothing() -> None:
    labels = detect(given("I had soup for lunch.", "an ordinary message")).labels
    assert [(label.name, label.label) for label in labels] == [
        ("crisis.alarm", "no"),
        ("crisis.layers", "agree"),
    ]
    assert labels[0].confidence == pytest.approx(0.98)


def test_hints_that_return_over_turns_count_as_moderate() -> None:
    hint = "I am such a burden to everyone."
    once = crisis_of(given(hint))
    assert (once.hints, once.alarmed) == (1, False)
    thrice = given(hint, earlier=(hint, "I had soup.", hint))
    assert crisis_of(thrice).severity == "moderate"
    (finding,) = detect(thrice).findings
    assert (finding.kind, finding.detector, finding.score) == ("suicidal", "crisis.escalation", 0.5)
    assert "3 messages" in finding.why


def test_hints_before_an_ordinary_message_alarm_nobody() -> None:
    hint = "I am such a burden to everyone."
    assert crisis_of(given("I had soup.", earlier=(hint, hint, hint))).alarmed is False


def test_taking_it_back_leaves_what_was_said_standing() -> None:
    labels = detect(given("Never mind, I was joking.", earlier=("I want to kill myself.",))).labels
    assert [(label.name, label.label) for label in labels] == [("crisis.standing", "moderate")]


def test_the_score_ranks_a_message_by_either_layer() -> None:
    assert crisis_of(given("I had soup.", "an ordinary message")).score == pytest.approx(0.02)
    assert crisis_of(given("I want to kill myself.", "an ordinary message")).score == pytest.approx(0.5)
    assert crisis_of(given("I had soup.", "under way")).score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "alarm", "earlier", "alarmed"),
    [
        ("Can you cut it out?", 0.98, (), False),
        ("Can you cut it out?", 0.995, (), True),
        ("Can you cut it out?", 0.98, ("I want to kill myself.",), True),
        ("Can you cut it out? " + "The week went on and on and nobody rang. " * 2, 0.98, (), True),
        ("The papers are in the top drawer.", 0.98, (), True),
        ("The battery is dead and I want to die.", 0.98, (), True),
    ],
)
def test_a_short_idiom_alarms_only_where_the_heads_are_as_good_as_certain(
    text: str, alarm: float, earlier: tuple[str, ...], alarmed: bool
) -> None:
    scores = {"none": 1 - alarm, "moderate": alarm}
    read = {
        "crisis.kind": Reading({"none": 0.1, "suicidal": 0.9}, "m1"),
        "crisis.severity": Reading(scores, "m1"),
    }
    history = tuple(Message(Role.USER, each) for each in earlier)
    view = crisis_of(Given(text, Speaker.SEEKER, history, read))
    assert view.alarmed is alarmed
    assert view.severity in (("moderate", "high") if alarmed else ("low",))
