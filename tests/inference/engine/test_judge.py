import pytest

from inference.assessing import Assessor
from inference.contracts import MAX_FINDINGS, Finding, WordingLimits
from inference.engine.judge import judge, make_judge, off_talk, refuses
from inference.safety.detectors.given import Detected, Given, Reading

LIMITS = WordingLimits("Marcus Bell", earlier=("So. Here I am. Talk.",))


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("It's a couple of cans after a shift, that's all.", False),
        ("As an AI language model, I cannot drink.", True),
        ("Therapist: How are you today?", True),
        ("", True),
        ("Some nights I think I'd be better off dead.", False),
    ],
)
def test_breaks_of_role_are_refused_and_a_client_s_despair_is_not(text: str, refused: bool) -> None:
    assert refuses(judge(text, LIMITS)) is refused


def test_a_question_for_methods_is_refused_whatever_its_score() -> None:
    assert refuses([Finding("method_request", 0.1, "asks how", detector="screen.method")])
    assert not refuses([Finding("suicidal", 0.95, "says so", detector="screen.suicidal")])
    assert not refuses([Finding("too_long", 0.3, "long", detector="wording.too_long")])


class Listener:
    """Notes what it is given; finds as much as it is told to."""

    NAME, VERSION = "listener", "listener 1"

    def __init__(self, count: int = 1) -> None:
        self.given: list[Given] = []
        self.count = count

    def detect(self, given: Given) -> Detected:
        self.given.append(given)
        return Detected([Finding("bias.age", 0.4, "", detector="head.bias")] * self.count)


@pytest.mark.parametrize("person", ["client", "companion"])
def test_detectors_read_a_segment_as_whoever_says_it(person: str) -> None:
    listener = Listener()
    judged = make_judge(None, Assessor(detectors=[listener]))
    findings = judged("I suppose so.", WordingLimits("Marcus Bell", person=person, earlier=("So.",)))
    assert [finding.kind for finding in findings] == ["bias.age"]
    (given,) = listener.given
    assert (given.speaker, given.text, given.own_history) == (person, "I suppose so.", ["So."])


def test_a_segment_carries_no_more_findings_than_an_event_may_hold() -> None:
    judged = make_judge(None, Assessor(detectors=[Listener(count=500)]))
    assert len(judged("I suppose so.", LIMITS)) == MAX_FINDINGS


READ = {"talk": Reading({"change": 0.7, "neutral": 0.2, "sustain": 0.1}, "heads 1")}


@pytest.mark.parametrize(("planned", "score"), [("commit", 0.3), ("inform", 0.8), ("minimise", 0.9)])
def test_words_that_lean_another_way_than_planned_count_against_a_candidate_and_refuse_none(
    planned: str, score: float
) -> None:
    (finding,) = off_talk(planned, READ)
    assert (finding.kind, finding.score, finding.version) == ("off_talk", score, "heads 1")
    assert not refuses([finding])


def test_nothing_is_said_of_the_lean_where_no_act_was_planned_or_no_head_read() -> None:
    assert off_talk("", READ) == off_talk("reflect", READ) == off_talk("commit", {}) == ()
