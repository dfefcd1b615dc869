from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from apps.practice.dynamics import Reaction, react
from apps.practice.scripts import play, read_script
from apps.practice.state import starting_memory, starting_state
from apps.practice.wording import authored_line, opening_line, voice_examples
from apps.scenarios.case import Case
from apps.scenarios.library import library_case, slugs
from inference.contracts import BehaviourCode
from inference.insight.behaviour import code_turn
from inference.vocabulary import acts
from tests.clients import coded, said, tiny_case, uncoded

CASE = tiny_case()
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.jsonl"))


def reading(text: str, previous_client: str) -> tuple[Sequence[BehaviourCode], bool, str]:
    """The coder of the product."""
    coding = code_turn(text, previous_client=previous_client)
    codes = [
        BehaviourCode(code.code, code.subtype, code.confidence, code.start, code.end) for code in coding.codes
    ]
    return codes, coding.abstained, coding.version


def doing(act: str, *codes: str, text: str = "", case: Case = CASE, band: str = "wary") -> Reaction:
    reaction = react(
        case,
        state=starting_state(case),
        memory=starting_memory(case),
        codes=coded(*codes),
        text=text,
        seed=1,
        n=1,
    )
    return replace(reaction, act=act, talk=acts()[act].talk, band=band, gate=None)


def words(reaction: Reaction, text: str = "", used: tuple[str, ...] = ()) -> str:
    return authored_line(CASE, reaction, text=text, used=used, seed=1).text


def test_the_line_is_of_the_act_and_about_what_was_said() -> None:
    text = "And your sister, what does she say?"

    assert words(doing("argue", "Q", text=text), text) == "Bea has opinions. They're not a diagnosis."


def test_a_line_that_answers_the_code_is_preferred() -> None:
    assert words(doing("argue", "Persuade")).startswith("You try mending nets")


def test_a_line_for_another_band_waits_for_its_band() -> None:
    text = "Bea looks at you like that."

    assert words(doing("engage", "CR", text=text, band="closed"), text) == "Go on, then."
    assert words(doing("engage", "CR", text=text, band="open"), text).startswith("That's it.")


def test_a_line_once_said_is_not_said_again_while_the_family_has_another() -> None:
    reaction, used = doing("argue", "Q"), ()
    sustain = [line for line in CASE.lines if acts()[line.act].talk == "sustain"]
    said_so_far = []
    for _ in sustain:
        line = authored_line(CASE, reaction, text="", used=used, seed=1)
        used = (*used, line.id)
        said_so_far.append(line.text)

    assert sorted(said_so_far) == sorted(line.text for line in sustain)


def test_with_the_family_exhausted_the_least_said_line_comes_back_but_not_twice_running() -> None:
    reaction = doing("argue", "Q")
    everything = tuple(line.id for line in CASE.lines if acts()[line.act].talk == "sustain")
    last = next(line.id for line in CASE.lines if line.act == "argue")

    line = authored_line(CASE, reaction, text="", used=(*everything, last), seed=1)

    assert line.id != last
    assert next(entry for entry in CASE.lines if entry.id == line.id).act == "argue"


def test_a_case_without_a_line_for_the_act_still_answers_within_the_family() -> None:
    blame = CASE.lines[5]
    case = replace(CASE, lines=tuple(line for line in CASE.lines if line.act != "blame"))

    line = authored_line(case, doing("blame", "Q"), text="", used=(), seed=1)

    assert blame.act == "blame"
    spoken = next(entry for entry in case.lines if entry.id == line.id)
    assert acts()[spoken.act].talk == "sustain"


def test_what_was_earned_is_told_in_one_of_the_gates_wordings() -> None:
    reaction = replace(doing("disclose", "CR"), gate=CASE.gates[0])

    first = authored_line(CASE, reaction, text="", used=(), seed=1)
    second = authored_line(CASE, reaction, text="", used=(first.id,), seed=1)

    assert {first.text, second.text} == set(CASE.gates[0].lines)
    assert first.id.startswith("gate.blood.")


def test_the_same_choice_is_made_again_and_another_seed_may_choose_otherwise() -> None:
    openings = {opening_line(CASE, seed=seed).text for seed in range(20)}

    assert opening_line(CASE, seed=4) == opening_line(CASE, seed=4)
    assert openings == {opening.text for opening in CASE.openings}


def test_examples_of_the_voice_are_lines_of_the_act() -> None:
    text = "Does your sister know?"

    assert voice_examples(CASE, doing("argue", "Q", text=text), text=text, most=3) == (
        "Bea has opinions. They're not a diagnosis.",
        "You try mending nets at five in the morning without one.",
    )


@pytest.mark.parametrize("slug", slugs())
def test_a_long_session_says_no_line_twice(slug: str) -> None:
    script = [
        said("It stings. What was that like?", "CR", "Q open"),
        said("You should stop.", "Persuade"),
        said("So that is how it is.", "SR"),
        said("Is that so?", "Q closed"),
        said("All right."),
    ] * 6
    replies = [turn.reply.line_id for turn in play(library_case(slug), script, seed=2, coder=uncoded).turns]

    assert len(set(replies)) == len(replies)


def test_a_line_that_a_disclosure_made_untrue_is_retired_and_one_that_needs_it_waits() -> None:
    case = tiny_case(
        ('act = "deny"', 'act = "deny"\nuntil = "blood"'),
        ('act = "minimise"', 'act = "minimise"\nsince = "blood"'),
    )
    before = doing("deny", "Q", case=case)
    after = replace(before, memory=replace(before.memory, told=("blood",)))
    deny = next(line.text for line in case.lines if line.act == "deny")

    def spoken(reaction: Reaction) -> list[str]:
        used: tuple[str, ...] = ()
        said = []
        for _ in range(4):
            line = authored_line(case, reaction, text="", used=used, seed=1)
            used, said = (*used, line.id), [*said, line.text]
        return said

    assert deny in spoken(before)
    assert case.lines[0].text not in spoken(before)
    assert deny not in spoken(after)


def test_a_line_written_for_what_was_asked_is_said_then_and_at_no_other_time() -> None:
    case = tiny_case(
        ('text = "Rollies. Since I was sixteen."', 'to = ["how_long"]\ntext = "Since I was sixteen."')
    )
    text = "How long has this been going on?"

    def answer(text: str) -> str:
        return authored_line(
            case, doing("inform", "Q", text=text, case=case), text=text, used=(), seed=1
        ).text

    assert answer(text) == "Since I was sixteen."
    assert answer("What is in the tin?") != "Since I was sixteen."


def test_a_line_about_a_topic_that_does_not_carry_needs_it_named() -> None:
    case = tiny_case(("[topics.sister]", "[topics.sister]\ncarries = false"))
    bea = "Bea has opinions. They're not a diagnosis."

    def answer(text: str) -> str:
        return authored_line(case, doing("argue", "Q", text=text, case=case), text=text, used=(), seed=1).text

    assert answer("And your sister?") == bea
    assert answer("And the tin?") != bea


@pytest.mark.parametrize("slug", slugs())
@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)
def test_scripted_therapists_hear_nothing_untrue_nothing_twice_and_no_answer_to_another_question(
    slug: str, file: Path
) -> None:
    case = library_case(slug)
    lines = {line.id: line for line in case.lines}
    script = read_script(file.read_text(encoding="utf-8").splitlines(), file=file.name)
    for seed in (1, 2):
        played = play(case, script, seed=seed, coder=reading)
        told: tuple[str, ...] = ()
        for turn in played.turns:
            line = lines.get(turn.reply.line_id)
            told = turn.reaction.memory.told
            if line is None:
                continue
            moment = turn.reaction.heard.moment
            assert line.until not in told
            assert not line.since or line.since in told
            assert not line.to or (moment is not None and moment.id in line.to)
            assert ("safety" in turn.reaction.heard.topics) == (line.about == "safety")
        replies = [turn.reply.line_id for turn in played.turns]
        assert len(set(replies)) == len(replies)


@pytest.mark.parametrize("slug", slugs())
def test_what_was_told_comes_up_in_one_of_the_next_two_replies_when_it_is_received(slug: str) -> None:
    case = library_case(slug)
    lines = {line.id: line for line in case.lines}
    for gate in case.gates:
        word = next(topic.words[0] for topic in case.topics if topic.id == gate.topic)
        start = {**case.state, "trust": gate.trust + 6, "discord": max(4, gate.discord - 18)}
        opened = replace(case, state=start, gates=(gate,))
        script = [
            said(f"There is more to {word}.", "CR"),
            said("That was hard to say.", "AF"),
            said("You kept it.", "CR"),
        ]
        for seed in range(4):
            first, *rest = play(opened, script, seed=seed, coder=uncoded).turns
            assert first.reaction.gate == gate
            since = [lines[turn.reply.line_id].since for turn in rest if turn.reply.line_id in lines]
            assert gate.id in since
