from inference.contracts import Label, Speaker
from inference.safety.detectors.given import Given, Reading
from inference.safety.detectors.technique import detect

READ = {
    "technique": Reading({"none": 0.2, "mi": 0.8}, "m1"),
    "strategy": Reading({"Questions": 0.6, "Other": 0.4}, "m1"),
}


def test_technique_and_strategy_of_a_helper_are_labelled() -> None:
    labels = list(detect(Given("Hm.", Speaker.THERAPIST, (), READ)).labels)
    assert labels == [Label("technique", "mi", 0.8), Label("strategy", "Questions", 0.6)]


def test_no_technique_is_no_label() -> None:
    read = {"technique": Reading({"none": 0.9, "mi": 0.1}, "m1")}
    assert list(detect(Given("Hm.", Speaker.THERAPIST, (), read)).labels) == []


def test_a_client_uses_no_technique() -> None:
    assert list(detect(Given("Hm.", Speaker.CLIENT, (), READ)).labels) == []
