import pytest

from inference.contracts import Label, Speaker
from inference.safety.detectors.emotion import detect
from inference.safety.detectors.given import Given, Reading


@pytest.mark.parametrize("speaker", list(Speaker))
def test_whoever_writes_is_labelled_with_what_they_express(speaker: str) -> None:
    read = {"emotion": Reading({"grief": 0.8, "joy": 0.1}, "m1")}
    assert list(detect(Given("Hm.", speaker, (), read)).labels) == [Label("emotion", "grief", 0.8)]


def test_without_the_head_there_is_no_label() -> None:
    assert list(detect(Given("Hm.", Speaker.SEEKER)).labels) == []
