from inference.contracts import Finding, Label, Message, Role, Speaker
from inference.insight.measures import MOST_EARLIER, earlier_replies, measures
from inference.safety.detectors.given import Given, Reading


def reading(**scores: float) -> Reading:
    return Reading(scores, "1")


READ = {
    "empathy.emotional_reactions": Reading({"0": 0.0, "1": 1.0, "2": 0.0}, "1"),
    "empathy.interpretations": Reading({"0": 0.0, "1": 0.0, "2": 1.0}, "1"),
    "empathy.explorations": Reading({"0": 1.0, "1": 0.0, "2": 0.0}, "1"),
    "technique": reading(MI=0.9, none=0.1),
}


def test_what_was_read_of_a_reply_is_measured_and_nothing_else() -> None:
    given = Given("It weighs on you.", Speaker.COMPANION, readings=READ)
    values = {label.name: label.confidence for label in measures(given, findings=())}
    assert values == {"eq.empathy_recognition": 0.5, "figure.safety_score": 1.0}


def test_a_finding_in_the_reply_lowers_its_safety() -> None:
    finding = Finding("harmful_advice", 0.8, "")
    given = Given("Just stop taking them.", Speaker.COMPANION)
    assert measures(given, findings=[finding]) == [Label("figure.safety_score", "share", 0.2)]


def test_replies_before_it_make_consistency() -> None:
    given = Given("So both are true.", Speaker.THERAPIST, readings=READ)
    labels = measures(given, findings=(), earlier=[READ] * 4)
    assert Label("figure.technique_consistency", "share", 1.0) in labels


def test_a_seekers_words_are_not_measured() -> None:
    given = Given("I drink.", Speaker.SEEKER, (Message(Role.ASSISTANT, "How are you?"),), readings=READ)
    assert measures(given, findings=()) == []
    assert earlier_replies(given) == []


def test_of_a_simulated_client_no_more_is_measured_than_how_safe_its_words_are() -> None:
    read = READ | {
        "crisis.kind": reading(none=1.0),
        "crisis.severity": reading(none=1.0),
        "bias": reading(yes=0.1, no=0.9),
    }
    given = Given("I drink.", Speaker.CLIENT, (Message(Role.USER, "How are you?"),), readings=read)
    names = {label.name for label in measures(given, findings=())}
    assert names == {"figure.safety_score", "figure.bias_score", "figure.confidence"}
    assert earlier_replies(given) == []


def test_a_therapists_turn_waits_for_no_earlier_ones_to_be_read() -> None:
    talk = (Message(Role.USER, "How are you?"), Message(Role.ASSISTANT, "Fine."))
    assert earlier_replies(Given("Fine?", Speaker.THERAPIST, talk)) == []


def test_the_newest_replies_of_the_same_helper_are_looked_at() -> None:
    talk = tuple(Message(role, f"{role} {n}") for n in range(20) for role in (Role.USER, Role.ASSISTANT))
    found = earlier_replies(Given("And now?", Speaker.COMPANION, talk))
    assert [each.text for each in found] == [f"assistant {n}" for n in range(20 - MOST_EARLIER, 20)]
    assert {each.speaker for each in found} == {Speaker.COMPANION}
