import pytest

from inference.contracts import Speaker
from inference.safety.detectors.bias import bias_of, decide_bias, detect
from inference.safety.detectors.given import Given, Reading


def readings(bias: float, *, hate: float | None = None, **kinds: float) -> dict[str, Reading]:
    read = {"bias": Reading({"no": 1 - bias, "yes": bias}, "m1"), "bias.kinds": Reading(kinds, "m1")}
    if hate is not None:
        read["hate"] = Reading({"no": 1 - hate, "yes": hate}, "m1")
    return read


def given(text: str, read: dict[str, Reading] | None = None) -> Given:
    return Given(text, Speaker.THERAPIST, (), read or {})


@pytest.mark.parametrize(
    ("bias", "hate", "level"),
    [
        (0.0, 0.0, "none"),
        (0.24, 0.0, "none"),
        (0.25, 0.0, "low"),
        (0.34, 0.2, "low"),
        (0.35, 0.0, "medium"),
        (0.84, 0.69, "medium"),
        (0.85, 0.0, "high"),
        (0.1, 0.7, "high"),
        (0.35, None, "medium"),
    ],
)
def test_the_level_follows_from_both_probabilities(bias: float, hate: float | None, level: str) -> None:
    read = decide_bias(readings(bias, hate=hate, age=0.9))
    assert read is not None
    assert (read.level, read.kinds) == (level, (("age", 0.9),) if level != "none" else ())


def test_the_likeliest_kind_is_named_and_every_other_that_is_likely_by_itself() -> None:
    read = decide_bias(readings(0.7, gender=0.2, racial=0.4, cultural=0.3))
    assert read is not None and read.kinds == (("racial", 0.4),)
    read = decide_bias(readings(0.7, gender=0.2, racial=0.55, cultural=0.6))
    assert read is not None and read.kinds == (("cultural", 0.6), ("racial", 0.55))


def test_without_heads_the_phrases_stand() -> None:
    assert decide_bias({}) is None
    text = "At your age you can't expect much."
    (finding,) = detect(given(text)).findings
    assert (finding.kind, finding.score, finding.detector) == ("bias.age", 0.65, "phrases.age.bounds")
    assert text[finding.start : finding.end].startswith("At your age")


def test_a_head_s_finding_has_its_probability_and_covers_the_whole() -> None:
    (finding,) = detect(given("Hm.", readings(0.72, racial=0.8))).findings
    assert (finding.kind, finding.score, finding.detector) == ("bias.racial", 0.72, "head.bias")
    assert (finding.start, finding.end) == (None, None)


def test_a_head_that_names_no_kind_is_still_heard() -> None:
    read = {"bias": Reading({"yes": 0.9, "no": 0.1}, "m1")}
    assert [(f.kind, f.score) for f in detect(given("Hm.", read)).findings] == [("bias", 0.9)]


def test_abuse_of_a_group_is_a_high_level_with_the_score_of_the_abuse() -> None:
    (finding,) = detect(given("Hm.", readings(0.2, hate=0.95, cultural=0.9))).findings
    assert (finding.kind, finding.score) == ("bias.cultural", 0.95)


def test_the_gravest_of_both_layers_is_the_level() -> None:
    view = bias_of(given("At your age you can't expect much.", readings(0.9, gender=0.8)))
    assert (view.level, view.kinds, view.score, view.biased) == ("high", ("gender", "age"), 0.9, True)


def test_a_low_level_is_no_statement() -> None:
    view = bias_of(given("Hm.", readings(0.3, age=0.9)))
    assert (view.level, view.biased) == ("low", False)


def test_advice_follows_kind_and_level() -> None:
    labels = [(label.name, label.label) for label in detect(given("Hm.", readings(0.9, age=0.9))).labels]
    assert labels == [
        ("bias.level", "high"),
        ("bias.advice", "age.ask"),
        ("bias.advice", "age.symptom"),
        ("bias.advice", "any.repair"),
        ("bias.advice", "any.supervision"),
    ]


def test_an_ordinary_sentence_finds_and_advises_nothing() -> None:
    detected = detect(given("You're Muslim, and Ramadan starts next week.", readings(0.1, cultural=0.7)))
    assert (list(detected.findings), list(detected.labels)) == ([], [])
