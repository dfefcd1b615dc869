"""From a scripted speaker to its figures, and from two sets of figures to the gate."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inference.assessing import Assessor
from inference.contracts import Person
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.measuring import Asked, Told, measure, write_replies
from inference.evaluation.adapters.regression import cases_of
from inference.evaluation.adapters.replies import Reply
from inference.models.figure_file import read_figures, write_figures
from inference.models.gate import Figures, judge, uncounted
from tests.inference.evaluation.adapters.conftest import ScriptedSpeaker

Measure = Callable[..., tuple[Figures, list[Reply]]]


@pytest.fixture
def measured(client_contexts: list[Context], rules: Assessor, tmp_path: Path) -> Measure:
    def build(
        speaker: ScriptedSpeaker, *, adapter: str = "a" * 64, contexts: int = 3, base: str = "c" * 64
    ) -> tuple[Figures, list[Reply]]:
        asked = Asked(
            Person.CLIENT,
            client_contexts[:contexts],
            [client_contexts],
            cases_of(Person.CLIENT, tmp_path),
        )
        return measure(
            asked,
            speaker,
            scorer=None,
            assessor=rules,
            told=Told(lambda *_: None),
            adapter=adapter,
            about={"candidates": 1, "number form": "bfloat16"},
            base=base,
            heads={},
        )

    return build


def test_a_speaker_is_asked_everything_and_every_suite_says_its_figures(measured: Measure) -> None:
    speaker = ScriptedSpeaker()
    figures, replies = measured(speaker)

    assert len(speaker.asked) == 3 + 3 + len(figures.cases) and len(replies) == 3
    assert {"act", "bias", "coherence", "conversation", "latency", "look", "realism", "role", "safety"} == {
        each.suite for each in figures.measured
    }
    assert {each.level for each in figures.measured} == {"turn", "conversation"}
    assert all(case.right for case in figures.cases)


def test_figures_come_back_from_their_file_as_they_were(measured: Measure, tmp_path: Path) -> None:
    figures, _ = measured(ScriptedSpeaker())
    write_figures(figures, tmp_path / "figures.json")

    assert read_figures(tmp_path / "figures.json") == figures


def test_a_speaker_that_breaks_its_role_does_not_pass_one_that_does_not(measured: Measure) -> None:
    good, _ = measured(ScriptedSpeaker())
    bad, _ = measured(ScriptedSpeaker({"t-1:2": "As an AI language model, I cannot."}), adapter="b" * 64)

    assert set(judge(replace(good, adapter="c" * 64), good).reasons) == set(uncounted(good))
    assert set(judge(good, bad).reasons) == set(uncounted(good))
    reasons = judge(bad, good).reasons
    assert "role: breaks the role: 0.3333 of 3, 0 of 3 before" in reasons
    assert "role: breaks the role: 0.3333 of 3, and under 0.01 is asked of everybody" in reasons
    assert "conversation: breaks the role in a talk: 1 of 1, 0 of 1 before" in reasons


def test_figures_on_other_contexts_are_not_compared(measured: Measure) -> None:
    whole, _ = measured(ScriptedSpeaker())
    part, _ = measured(ScriptedSpeaker(), adapter="b" * 64, contexts=2)

    assert judge(part, whole).reasons[-1] == "not measured alike (contexts differs): measure both again"


def test_figures_say_on_which_base_and_in_which_numbers(measured: Measure) -> None:
    one, _ = measured(ScriptedSpeaker())
    other, _ = measured(ScriptedSpeaker(), adapter="b" * 64, base="d" * 64)

    assert (one.comparable["base"], one.comparable["number form"]) == ("c" * 64, "bfloat16")
    assert judge(other, one).reasons[-1] == "not measured alike (base differs): measure both again"


def test_replies_are_written_one_a_line_with_what_they_answer(measured: Measure, tmp_path: Path) -> None:
    _, replies = measured(ScriptedSpeaker())
    write_replies(replies, tmp_path / "replies.jsonl")

    rows = [json.loads(line) for line in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["t-1:1", "t-1:2", "t-1:3"]
    assert rows[1]["reply"] == "I don't know about that." and rows[1]["label"] == "withdraw"
