"""Rules and heads together, by a table of codes and probabilities written before the constants."""

import tomllib
from pathlib import Path

import pytest

from inference.contracts import BehaviourCode
from inference.insight.behaviour import Coding, code_turn
from inference.safety.detectors.behaviour import combine, four_classes
from inference.safety.detectors.given import Reading

CASES = tomllib.loads((Path(__file__).parent / "behaviour_cases.toml").read_text(encoding="utf-8"))["case"]
TEXT = "A sentence. Another."


def ruled(rows: list[str], *, unread: bool = False) -> Coding:
    codes = []
    for row in rows:
        code, *subtype, confidence = row.split()
        codes.append(BehaviourCode(code, "".join(subtype), float(confidence), 0, len(TEXT)))
    return Coding(tuple(codes), abstained=unread, version="rules 1")


def readings(behaviour: dict[str, float], codes: dict[str, float]) -> dict[str, Reading]:
    return {"behaviour": Reading(behaviour, "m1"), "codes": Reading(codes, "m2")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rules_and_heads_come_to_what_the_table_says(case: dict) -> None:
    heads = readings(case["behaviour"], case["codes"]) if "behaviour" in case else {}
    coding = combine(ruled(case["rules"], unread=case.get("unread", False)), heads, text=TEXT)
    found = sorted(f"{code.code} {code.subtype}".strip() for code in coding.codes)
    assert found == case["gives"]
    assert coding.abstained is case.get("abstained", False)


def test_without_heads_the_coding_is_the_same_object() -> None:
    coding = ruled(["GI 0.65"])
    assert combine(coding, {}) is coding


def test_the_version_names_both_sides() -> None:
    version = combine(ruled([]), readings({"other": 1.0}, {}), text=TEXT).version
    assert "rules 1" in version and "behaviour of both 1" in version and "m2" in version


def test_confidence_is_the_mean_of_the_sides_that_agree() -> None:
    coding = combine(ruled(["GI 0.65"]), readings({"information": 1.0}, {"GI": 0.95}), text=TEXT)
    assert [code.confidence for code in coding.codes] == [0.8]


def test_a_code_that_only_the_head_saw_stands_on_the_sentence_that_no_rule_took() -> None:
    text = "Do you drink? The loss sits in the room with us. Okay."
    coding = combine(
        code_turn(text), readings({"question_closed": 0.5, "complex": 0.5}, {"Q": 0.9, "CR": 0.8}), text=text
    )
    spans = {code.code: text[code.start : code.end] for code in coding.codes}
    assert spans == {"Q": "Do you drink?", "CR": "The loss sits in the room with us."}


def test_a_code_that_only_the_head_saw_covers_everything_where_no_sentence_is_free() -> None:
    coding = combine(ruled(["GI 0.65"]), readings({"simple": 1.0}, {"GI": 0.5, "AF": 0.9}), text=TEXT)
    (affirmed,) = [code for code in coding.codes if code.code == "AF"]
    assert (affirmed.start, affirmed.end) == (0, len(TEXT))


def test_four_classes_add_up_the_labels_within_them() -> None:
    scores = {"question_open": 0.3, "question_closed": 0.1, "simple": 0.35, "other": 0.25}
    assert four_classes({"behaviour": Reading(scores, "m1")}) == ("question", "question_open", 0.4)
