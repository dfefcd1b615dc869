import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from inference.assessing import AT_ONCE, DETECTORS, Assessor
from inference.contracts import MAX_FINDINGS, Assessment, AssessRequest, Finding, Label, Message, Mode
from inference.safety.detectors.given import Detected, Given, Reading

CANARY = "the zqparrot knows"


class Heads:
    """Reads "sad" into everything; notes how many it was given at once."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.fails = fails
        self.sizes: list[int] = []

    def read(self, given: Sequence[Given]) -> list[Given]:
        self.sizes.append(len(given))
        if self.fails:
            raise self.fails
        return [replace(each, readings={"mood": Reading({"sad": 0.8, "glad": 0.2}, "m1")}) for each in given]


class Moody:
    """Finds what the mood head read, and says who spoke after what."""

    NAME, VERSION = "moody", "moody 1"

    def detect(self, given: Given) -> Detected:
        reading = given.readings.get("mood")
        findings = [Finding("mood", reading.scores["sad"], "", detector="head.mood")] if reading else []
        return Detected(findings, [Label("speaker", given.speaker, 1.0)])


class Broken:
    NAME, VERSION = "broken", "broken 1"

    def detect(self, given: Given) -> Detected:
        raise ValueError(given.text)


class Talkative:
    NAME, VERSION = "talkative", "talkative 1"

    def detect(self, given: Given) -> Detected:
        return Detected([Finding(f"k{n}", n / 1000, "") for n in range(500)])


def asked(*said: str, role: str = "user", mode: str = Mode.SUPPORT) -> AssessRequest:
    others = {"user": "assistant", "assistant": "user"}
    roles = [role if at % 2 == 0 else others[role] for at in range(len(said))][::-1]
    return AssessRequest("a", tuple(map(Message, roles, said)), mode)


def test_detectors_see_what_the_heads_read_and_the_answer_names_all_versions() -> None:
    seen = Assessor(Heads(), detectors=[Moody()]).assess(asked("I am fine."))
    assert [(finding.kind, finding.detector) for finding in seen.findings] == [("mood", "head.mood")]
    assert seen.partial is False
    assert seen.versions.keys() == {"screen", "head.mood", "moody"}
    assert seen.versions["head.mood"] == "m1"


@pytest.mark.parametrize(
    ("role", "mode", "speaker"),
    [
        ("user", Mode.PRACTICE, "therapist"),
        ("assistant", Mode.PRACTICE, "client"),
        ("user", Mode.SUPPORT, "seeker"),
        ("assistant", Mode.API, "companion"),
    ],
)
def test_only_a_therapist_s_words_are_coded(role: str, mode: str, speaker: str) -> None:
    seen = Assessor(detectors=[Moody()]).assess(asked("What brings you here?", role=role, mode=mode))
    assert [label for label in seen.labels if label.name == "speaker"] == [Label("speaker", speaker, 1.0)]
    assert [code.code for code in seen.codes] == (["Q"] if speaker == "therapist" else [])
    assert ("behaviour" in seen.versions) is (speaker == "therapist")


def test_the_screen_looks_at_the_writer_s_own_words_before() -> None:
    alone = Assessor(detectors=[]).assess(asked("I want out."))
    after = Assessor(detectors=[]).assess(asked("I want to kill myself.", "I am here.", "I want out."))
    assert max(f.score for f in after.findings) > max((f.score for f in alone.findings), default=0.0)


def test_without_heads_the_lexical_layer_stands_and_says_it_is_partial() -> None:
    seen = Assessor(detectors=[Moody()]).assess(asked("I want to kill myself."))
    assert (seen.partial, seen.about_self) == (True, True)
    assert "suicidal" in {finding.kind for finding in seen.findings}


def test_heads_that_fail_are_counted_and_leave_the_rest_standing(caplog: pytest.LogCaptureFixture) -> None:
    failed: list[str] = []
    assessor = Assessor(Heads(fails=RuntimeError(CANARY)), detectors=[Moody()])
    assessor.on_failure = failed.append
    with caplog.at_level(logging.ERROR):
        seen = assessor.assess(asked("I want to die."))
    assert (seen.partial, failed) == (True, ["heads"])
    assert seen.findings
    assert "RuntimeError" in caplog.text
    assert CANARY not in caplog.text


def test_heads_that_answer_about_something_else_are_not_believed() -> None:
    class Confused(Heads):
        def read(self, given: Sequence[Given]) -> list[Given]:
            return super().read([replace(each, text="other") for each in given])

    seen = Assessor(Confused(), detectors=[Moody()]).assess(asked("I am fine."))
    assert (seen.partial, seen.findings) == (True, ())


def test_a_detector_that_raises_leaves_the_others_standing(caplog: pytest.LogCaptureFixture) -> None:
    failed: list[str] = []
    assessor = Assessor(Heads(), detectors=[Broken(), Moody()])
    assessor.on_failure = failed.append
    with caplog.at_level(logging.ERROR):
        seen = assessor.assess(asked(CANARY))
    assert (seen.partial, failed) == (True, ["broken"])
    assert [finding.kind for finding in seen.findings] == ["mood"]
    assert "broken" not in seen.versions
    assert CANARY not in caplog.text


def test_a_batch_is_answered_in_its_order_and_read_in_pieces() -> None:
    heads = Heads()
    texts = [f"Message {number}." for number in range(AT_ONCE + 3)]
    assessor = Assessor(heads, detectors=[Moody()])
    together = assessor.assess_many([asked(text) for text in texts])
    assert heads.sizes == [AT_ONCE, 3]
    assert together == [assessor.assess(asked(text)) for text in texts]


def test_no_more_than_an_answer_may_hold_is_found_and_the_gravest_are_kept() -> None:
    seen = Assessor(Heads(), detectors=[Talkative()]).assess(asked("Hello."))
    assert len(seen.findings) == MAX_FINDINGS
    assert min(finding.score for finding in seen.findings) == pytest.approx(0.4)
    assert Assessment.from_json(seen.to_json()) == seen


def test_every_detector_has_a_name_of_its_own_and_answers_about_anything() -> None:
    names = [detector.NAME for detector in DETECTORS]
    assert len(set(names)) == len(names)
    seen = Assessor().assess(asked("\u202e\x07 \U0001f600" * 50))
    assert {*names} <= seen.versions.keys()


def test_a_coder_that_cannot_use_the_heads_leaves_the_rules_codes(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Heads):
        def read(self, given: Sequence[Given]) -> list[Given]:
            odd = {"codes": Reading({"Q": "likely"}, "m1"), "behaviour": Reading({}, "m1")}
            return [replace(each, readings=odd) for each in given]

    failed: list[str] = []
    assessor = Assessor(Odd(), detectors=[])
    assessor.on_failure = failed.append
    seen = assessor.assess(asked("What brings you here, zqparrot?", mode=Mode.PRACTICE))
    assert [code.code for code in seen.codes] == ["Q"]
    assert (seen.partial, failed) == (True, ["behaviour"])
    assert "zqparrot" not in caplog.text
