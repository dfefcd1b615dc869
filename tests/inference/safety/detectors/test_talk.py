import pytest

from inference.contracts import Label, Speaker
from inference.safety.detectors.given import Given, Reading
from inference.safety.detectors.talk import detect

SURE = {"talk": Reading({"change": 0.7, "neutral": 0.2, "sustain": 0.1}, "m1")}
TORN = {"talk": Reading({"change": 0.4, "neutral": 0.35, "sustain": 0.25}, "m1")}


@pytest.mark.parametrize("speaker", [Speaker.CLIENT, Speaker.SEEKER])
def test_a_client_s_talk_is_labelled(speaker: str) -> None:
    assert list(detect(Given("Hm.", speaker, (), SURE)).labels) == [Label("talk", "change", 0.7)]


def test_talk_that_is_unsure_is_said_to_be() -> None:
    assert list(detect(Given("Hm.", Speaker.CLIENT, (), TORN)).labels) == [Label("talk", "unsure", 0.4)]


@pytest.mark.parametrize("speaker", [Speaker.THERAPIST, Speaker.COMPANION])
def test_a_helper_s_words_are_no_talk(speaker: str) -> None:
    assert list(detect(Given("Hm.", speaker, (), SURE)).labels) == []


def test_without_the_head_there_is_no_label() -> None:
    assert list(detect(Given("Hm.", Speaker.CLIENT)).labels) == []
