import pytest

from inference.contracts import Label, Speaker
from inference.safety.detectors.given import Given, Reading
from inference.safety.detectors.harm import detect


def given(hate: float | None = None, toxicity: dict[str, float] | None = None) -> Given:
    read = {}
    if hate is not None:
        read["hate"] = Reading({"yes": hate, "no": 1 - hate}, "m1")
    if toxicity:
        read["toxicity"] = Reading(toxicity, "m1")
    return Given("Hm.", Speaker.SEEKER, (), read)


@pytest.mark.parametrize(("hate", "found"), [(0.0, []), (0.49, []), (0.5, [0.5]), (0.97, [0.97])])
def test_hate_is_a_finding_from_its_threshold(hate: float, found: list[float]) -> None:
    findings = detect(given(hate)).findings
    assert [finding.score for finding in findings] == found
    assert {(finding.kind, finding.detector) for finding in findings} <= {("hate", "head.hate")}


def test_foul_language_is_a_fact_and_no_finding() -> None:
    detected = detect(given(0.1, {"hate": 0.1, "offensive": 0.8, "none": 0.1}))
    assert list(detected.findings) == []
    assert list(detected.labels) == [Label("profanity", "offensive", 0.9)]


def test_toxicity_alone_is_never_hate() -> None:
    assert list(detect(given(toxicity={"hate": 0.9, "offensive": 0.05, "none": 0.05})).findings) == []


def test_clean_words_and_missing_heads_say_nothing() -> None:
    clean = detect(given(0.02, {"hate": 0.0, "offensive": 0.05, "none": 0.95}))
    assert (list(clean.findings), list(clean.labels)) == ([], [])
    nothing = detect(given())
    assert (list(nothing.findings), list(nothing.labels)) == ([], [])
