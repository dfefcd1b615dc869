"""The rubrics name figures that exist and say what only a reader can rate."""

from dataclasses import replace

import pytest

from inference.assessing import Assessor
from inference.contracts import Person
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.replies import Material, read, spoken_replies, spoken_talk
from inference.evaluation.adapters.rubrics import answered, dimensions, rated, titles, to_json, version
from inference.evaluation.adapters.suites import suites_for
from inference.models.gate import Figures, Measured
from inference.safety.detectors.given import Reading
from tests.inference.evaluation.adapters.conftest import ScriptedSpeaker


def figures(contexts: list[Context], rules: Assessor) -> set[str]:
    """The keys of every figure that a full measurement of this person has, heads included."""
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
    asked = [each for each in dimensions().values() if person in each.persons]

    assert {"harmless", "answers", "feeling", "steady"} < {each.id for each in asked}
    for dimension in asked:
        assert set(dimension.persons[person]) <= known, dimension.id


def test_every_dimension_has_its_anchors_and_says_who_can_tell() -> None:
    for dimension in dimensions().values():
        assert dimension.question.endswith("?") and dimension.low and dimension.middle and dimension.high
        assert dimension.persons
        assert dimension.reader or all(dimension.persons.values()), dimension.id
    assert {each.rubric for each in dimensions().values()} == set(titles())
    assert list(titles().values()) == ["Clinical accuracy", "Emotional authenticity"]


def test_a_dimension_is_answered_by_the_figures_there_are_for_it_and_for_this_persona_alone() -> None:
    warm = Measured("empathy", "expresses any", 0.7, n=200)
    written = Measured("empathy", "expresses any, as written", 0.8, n=200)
    companion = Figures("companion", "a" * 64, {}, (warm, written), ())
    client = replace(companion, name="client")

    (feeling,) = [each for each in answered(companion) if each.dimension.id == "feeling"]
    told = {each["dimension"]: each for each in to_json(companion)}

    assert feeling.measured == ((warm, written),)
    assert [each.measured for each in answered(client) if each.dimension.id == "feeling"] == [()]
    assert told["feeling"] == {
        "rubric": "emotional_authenticity",
        "dimension": "feeling",
        "question": feeling.dimension.question,
        "version": version(),
        "machine": {"empathy: expresses any": 0.7},
        "as_written": {"empathy: expresses any": 0.8},
        "reader": True,
    }
    assert "act" not in told and "plan" in told


def test_readers_of_one_reply_are_not_asked_about_a_whole_talk() -> None:
    asked = [each.id for each in rated(Person.CLIENT)]

    assert "voice" in asked and "plan" not in asked and "steady" not in asked
