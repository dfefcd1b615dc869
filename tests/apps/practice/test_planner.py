from collections import Counter
from dataclasses import replace

import pytest

from apps.practice.draws import Draws
from apps.practice.dynamics import react
from apps.practice.hearing import Heard, hear
from apps.practice.planner import act_weights, earned_gate, plan, talk_shares
from apps.practice.state import ClientState, Memory, starting_memory, starting_state
from apps.practice.table import rule_table
from apps.practice.tendencies import tendencies
from apps.scenarios.case import Case
from apps.scenarios.library import library_case, library_cases, slugs
from inference.vocabulary import acts
from tests.clients import coded, tiny_case

CASE = tiny_case()
START = starting_memory(CASE)

# Share of the client's next turn, % (change, sustain), AnnoMI; the order is what counts, under 3 points is a tie.
MEASURED = {
    "Q open": (36, 13),
    "Q closed": (18, 10),
    "SR": (23, 8),
    "CR": (24, 13),
    "Persuade": (23, 16),
    "GI": (13, 10),
    "Seek": (53, 3),
    "PersuadeWith": (53, 3),
}
TIE = 3
TWICE = """[[gates]]
id = "second"
topic = "chest"
trust = 10
discord = 90
fact = "She has the letter."
lines = ["I've a letter.", "There's a letter."]
"""


def heard(*codes: str, text: str = "", case: Case = CASE, memory: Memory = START) -> Heard:
    return hear(
        case, codes=coded(*codes), text=text, state=starting_state(case), memory=memory, table=rule_table()
    )


def shares(
    *codes: str,
    case: Case = CASE,
    state: ClientState | None = None,
    memory: Memory = START,
    repaired: bool = False,
) -> dict[str, float]:
    return talk_shares(
        case,
        state=state or starting_state(case),
        memory=memory,
        heard=heard(*codes, case=case, memory=memory),
        repaired=repaired,
        table=tendencies(),
    )


@pytest.mark.parametrize("slug", slugs())
@pytest.mark.parametrize(("family", "column"), [("change", 0), ("sustain", 1)])
def test_the_order_of_the_shares_by_code_is_the_measured_one(slug: str, family: str, column: int) -> None:
    case = library_case(slug)
    ours = {code: shares(code, case=case)[family] for code in MEASURED}

    swapped = [
        (more, less)
        for more in MEASURED
        for less in MEASURED
        if MEASURED[more][column] - MEASURED[less][column] >= TIE and ours[more] <= ours[less]
    ]
    assert swapped == []


@pytest.mark.parametrize("case", library_cases(), ids=lambda case: case.slug)
def test_a_client_starts_as_resistant_as_its_difficulty_says(case: Case) -> None:
    mean = sum(shares(code, case=case)["sustain"] for code in ("Q open", "Q closed", "SR", "CR", "GI")) / 5
    low, high = {1: (0.10, 0.20), 2: (0.18, 0.32), 3: (0.30, 0.42), 4: (0.32, 0.45)}[case.difficulty]

    assert low <= mean <= high


def test_a_client_who_trusts_and_is_ready_speaks_more_of_change() -> None:
    start = starting_state(CASE)
    better = start.moved({"trust": 30, "readiness": 30, "discord": -30})

    assert shares("Q open", state=better)["change"] > 1.5 * shares("Q open")["change"]
    assert shares("Q open", state=better)["sustain"] < shares("Q open")["sustain"]


def test_two_sustaining_answers_in_a_row_make_a_third_less_likely_unless_pressed() -> None:
    twice = replace(START, talks=("sustain", "sustain"))

    assert shares("SR", memory=twice)["sustain"] < shares("SR")["sustain"]
    assert shares("Persuade", memory=twice)["sustain"] == shares("Persuade")["sustain"]


def test_change_talk_grows_when_it_is_picked_up_and_shrinks_when_it_is_pressed() -> None:
    lately = replace(START, talks=("change",))

    assert shares("SR", memory=lately)["change"] > shares("SR")["change"]
    assert shares("Persuade", memory=lately)["change"] < shares("Persuade")["change"]


def test_a_repair_softens_the_next_answer() -> None:
    assert shares("SR", repaired=True)["sustain"] < shares("SR")["sustain"]


def test_acts_follow_the_cases_propensities_and_never_the_excluded_ones() -> None:
    weights = act_weights(
        tiny_case(("argue = 2.0", "argue = 4.0\nblame = 0")),
        "sustain",
        state=starting_state(CASE),
        memory=START,
        heard=heard("GI"),
        table=tendencies(),
    )

    assert weights["argue"] > weights["minimise"] > weights["deny"]
    assert "blame" not in weights


def test_nobody_commits_who_is_not_ready() -> None:
    ready = starting_state(CASE).moved({"readiness": 55, "discord": -30, "confidence": 30})

    def change_acts(state: ClientState) -> set[str]:
        return set(
            act_weights(CASE, "change", state=state, memory=START, heard=heard("SR"), table=tendencies())
        )

    assert change_acts(starting_state(CASE)) == {"doubt"}
    assert change_acts(ready) == {"doubt", "want", "commit"}


def test_an_act_comes_no_third_time_running_except_withdrawal() -> None:
    def possible(act: str) -> bool:
        memory = replace(START, acts=(act, act))
        return act in act_weights(
            CASE,
            acts()[act].talk,
            state=starting_state(CASE),
            memory=memory,
            heard=heard("GI"),
            table=tendencies(),
        )

    assert possible("withdraw")
    assert not any(possible(act) for act in acts() if act != "withdraw")


@pytest.mark.parametrize(
    ("codes", "text", "trust", "discord", "told", "expected"),
    [
        (["CR"], "Your chest frightens you.", 45, 40, (), "blood"),
        (["Q open"], "How is the cough?", 60, 10, (), "blood"),
        (["CR"], "Your chest frightens you.", 44, 40, (), None),
        (["CR"], "Your chest frightens you.", 45, 41, (), None),
        (["CR"], "Your sister worries.", 90, 5, (), None),
        (["CR"], "Your chest frightens you.", 90, 5, ("blood",), None),
        (["Persuade"], "Get your chest seen to.", 90, 5, (), None),
        (["CR", "Confront"], "Your chest, and you lie about it.", 90, 5, (), None),
        ([], "Your chest.", 90, 5, (), None),
    ],
)
def test_something_is_told_once_when_its_topic_is_touched_with_enough_trust_and_calm(
    codes: list[str], text: str, trust: int, discord: int, told: tuple[str, ...], expected: str | None
) -> None:
    state = starting_state(CASE).moved({"trust": trust - 30, "discord": discord - 45})
    memory = replace(START, told=told)

    gate = earned_gate(CASE, state=state, memory=memory, heard=heard(*codes, text=text))

    assert (gate.id if gate else None) == expected


def test_a_topic_carried_over_from_the_last_answer_can_open_its_gate() -> None:
    memory = replace(START, topic="chest")
    state = starting_state(CASE).moved({"trust": 30, "discord": -20})

    gate = earned_gate(CASE, state=state, memory=memory, heard=heard("CR", text="Tell me.", memory=memory))

    assert gate is not None


def test_cues_fit_the_act_and_do_not_repeat_and_some_turns_have_none() -> None:
    memory, shown = START, []
    for n in range(1, 200):
        decided = plan(
            CASE,
            state=starting_state(CASE),
            memory=memory,
            heard=heard("GI"),
            repaired=False,
            draws=Draws(CASE.dynamics, 5, n),
            table=tendencies(),
        )
        shown.append(decided.cue)
        if decided.cue:
            assert decided.act in decided.cue.acts
            assert decided.cue.id not in memory.cues[-2:]
            memory = replace(memory, cues=(*memory.cues, decided.cue.id)[-3:])
    assert 0.15 < shown.count(None) / len(shown) < 0.35


def test_planned_talk_comes_out_at_its_shares() -> None:
    expected = shares("Q open")
    drawn = Counter(
        plan(
            CASE,
            state=starting_state(CASE),
            memory=START,
            heard=heard("Q open"),
            repaired=False,
            draws=Draws(CASE.dynamics, seed, 1),
            table=tendencies(),
        ).talk
        for seed in range(3000)
    )

    assert {family: drawn[family] / 3000 for family in expected} == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("slug", slugs())
def test_a_question_for_a_fact_is_answered_by_an_act_that_can_answer_it(slug: str) -> None:
    case = library_case(slug)
    asked = heard("Q closed", text="How long has this been going on?", case=case)
    for family in ("sustain", "neutral"):
        weights = act_weights(
            case, family, state=starting_state(case), memory=START, heard=asked, table=tendencies()
        )
        fitting = sum(weight for act, weight in weights.items() if asked.moment and act in asked.moment.acts)
        assert fitting > 0.8 * sum(weights.values())


def test_nothing_private_is_told_in_answer_to_small_questions_unless_they_name_it() -> None:
    memory = replace(START, topic="chest")
    state = starting_state(CASE).moved({"trust": 30, "discord": -20})

    def told(text: str) -> bool:
        return (
            earned_gate(CASE, state=state, memory=memory, heard=heard("Q", text=text, memory=memory))
            is not None
        )

    assert not told("What do you do in your spare time?")
    assert told("How long has your chest been bad?")


def test_after_a_disclosure_a_client_is_busy_with_it_for_two_turns_and_tells_nothing_else() -> None:
    case = tiny_case(
        ("[[gates]]", TWICE + "\n[[gates]]"),
        ("trust = 30", "trust = 80"),
        ("discord = 45", "discord = 5"),
    )
    state, memory, gates = starting_state(case), starting_memory(case), []
    for n in range(1, 6):
        reaction = react(
            case, state=state, memory=memory, codes=coded("CR"), text="Your chest frightens you.", seed=2, n=n
        )
        state, memory = reaction.state, reaction.memory
        gates.append(reaction.gate.id if reaction.gate else "")

    assert gates == ["second", "", "", "blood", ""]
