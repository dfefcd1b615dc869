"""The rubrics name figures that exist and say what only a reader can rate."""

import pytest

from inference.assessing import Assessor
from inference.contracts import Person
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.replies import Material, read, spoken_replies, spoken_talk
from inference.evaluation.adapters.rubrics import dimensions, rated
from inference.evaluation.adapters.suites import suites_for
from inference.safety.detectors.given import Reading
from tests.inference.evaluation.adapters.conftest import ScriptedSpeaker


def figures(contexts: list[Context], rules: Assessor) -> set[str]:
    """The keys of every figure that a full measurement of this person has, heads included."""
    from dataclasses import replace  # noqa: PLC0415 - used here alone

    heads = {"talk": Reading({"change": 0.2, "neutral": 0.6, "sustain": 0.2}, "t")} | {
        f"empathy.{name}": Reading({"0": 1.0, "1": 0.0, "2": 0.0}, "t")
        for name in ("emotional_reactions", "interpretations", "explorations")
    }
    replies = read(spoken_replies(contexts, ScriptedSpeaker(), lambda *_: None), rules)
    replies = [replace(each, readings=heads) for each in replies]
    talk = [replace(each, readings=heads) for each in read(spoken_talk(contexts, ScriptedSpeaker()), rules)]
    person = contexts[0].person
    material = Material(person, replies, replies, [talk])
    return {figure.key for suite in suites_for(person) for figure in suite.measured(material)}


@pytest.mark.parametrize("person", list(Person))
def test_what_a_machine_measures_of_a_dimension_is_a_figure(
    person: Person, client_contexts: list[Context], companion_contexts: list[Context], rules: Assessor
) -> None:
    known = figures(client_contexts if person is Person.CLIENT else companion_contexts, rules)
    everywhere = [each for each in dimensions().values() if set(each.persons) == {person}]

    assert everywhere
    for dimension in everywhere:
        assert set(dimension.machine) <= known, dimension.id


def test_every_dimension_has_its_anchors_and_says_who_can_tell() -> None:
    for dimension in dimensions().values():
        assert dimension.question.endswith("?") and dimension.low and dimension.middle and dimension.high
        assert dimension.machine or dimension.reader
    assert {each.rubric for each in dimensions().values()} == {"clinical_accuracy", "emotional_authenticity"}


def test_readers_of_one_reply_are_not_asked_about_a_whole_talk() -> None:
    asked = [each.id for each in rated(Person.CLIENT)]

    assert "voice" in asked and "plan" not in asked and "steady" not in asked
