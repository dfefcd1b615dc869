"""The laws a client obeys, on whole scripts: against every client of the library, with codes given."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.practice.dynamics import Reaction, react
from apps.practice.scripts import Played, ScriptedTurn, play
from apps.practice.state import ClientState, Memory, starting_memory, starting_state
from apps.scenarios.case import CODES, DIMENSIONS, Case
from apps.scenarios.library import library_case, library_cases, slugs
from tests.clients import coded, said, tiny_case, uncoded

SKILLED = [
    said("It stings to be here without being asked.", "CR"),
    said("You would rather be anywhere else. What would make this hour worth it?", "SR", "Q open"),
    said("Part of you thinks nobody listens.", "CR"),
    said("What matters most to you just now?", "Q open"),
    said("You came all the same. That takes something.", "AF"),
    said("It weighs on you more than you let on. What worries you about it?", "CR", "Q open"),
    said("So that is how it has been.", "SR"),
    said("Would it be all right to talk about that?", "Seek"),
    said("You are tired of carrying it alone.", "CR"),
    said("What would be different if it changed?", "Q open"),
    said("What you do with that is yours to decide.", "Emphasize"),
    said("You want it to stop without giving up who you are.", "CR"),
]
SMALL_TALK = [
    said("Terrible weather today."),
    said("Did you find parking all right?", "Q closed"),
    said("Have you had a coffee?", "Q closed"),
    said("How was the journey in this rain?", "Q open"),
    said("Did you see the match at the weekend?", "Q closed"),
    said("How was your weekend?", "Q open"),
    said("What is your favourite food?", "Q open"),
    said(""),
    said("Okay."),
]
seeds = pytest.mark.parametrize("seed", [1, 2, 3])
clients = pytest.mark.parametrize("slug", slugs())


def run(case: Case, script: list[ScriptedTurn], seed: int = 1) -> Played:
    return play(case, script, seed=seed, coder=uncoded)


def change(played: Played) -> dict[str, int]:
    end, start = played.turns[-1].reaction.state, played.case.state
    return {key: getattr(end, key) - start[key] for key in DIMENSIONS}


def turn(
    case: Case, state: ClientState, memory: Memory, *codes: str, text: str = "", n: int = 1, seed: int = 1
) -> Reaction:
    return react(case, state=state, memory=memory, codes=coded(*codes), text=text, seed=seed, n=n)


@clients
@seeds
@pytest.mark.parametrize("code", ["Persuade", "Confront"])
def test_pressure_alone_never_improves_readiness_or_trust(slug: str, seed: int, code: str) -> None:
    played = run(library_case(slug), [said("You have to stop this.", code)] * 12, seed)

    for key in ("readiness", "trust"):
        values = [played.case.state[key], *(getattr(entry.reaction.state, key) for entry in played.turns)]
        assert values == sorted(values, reverse=True)
        assert values[-1] < values[0]


@clients
@seeds
def test_six_confrontations_end_with_more_discord_and_no_more_readiness(slug: str, seed: int) -> None:
    moved = change(run(library_case(slug), [said("You are lying to yourself.", "Confront")] * 6, seed))

    assert moved["discord"] > 10
    assert moved["readiness"] <= 0


@clients
@seeds
@pytest.mark.parametrize(
    "codes",
    [
        [["SR"], ["Q open"], ["CR"], ["Q open"], ["SR"], ["CR"]],
        [["CR", "Q open"]] * 6,
        [["SR"]] * 6,
        [["Q"], ["CR"], ["Q"], ["SR"], ["Q"], ["CR"]],
    ],
)
def test_six_turns_of_reflections_and_open_questions_end_with_more_trust(
    slug: str, seed: int, codes: list[list[str]]
) -> None:
    script = [said("It has been a lot. What was that like?", *names) for names in codes]

    assert change(run(library_case(slug), script, seed))["trust"] >= 2


@clients
@seeds
def test_skilled_work_improves_trust_and_readiness_gradually(slug: str, seed: int) -> None:
    played = run(library_case(slug), SKILLED * 2, seed)
    moved = change(played)

    assert moved["trust"] > 8
    assert moved["readiness"] > 0
    assert moved["discord"] < 0
    steps = [played.case.state["readiness"], *(entry.reaction.state.readiness for entry in played.turns)]
    assert max(after - before for before, after in zip(steps, steps[1:], strict=False)) <= 6


def test_skilled_work_is_slower_the_harder_the_case() -> None:
    def gained(level: int) -> float:
        cases = [case for case in library_cases() if case.difficulty == level]
        moved = [change(run(case, SKILLED, seed)) for case in cases for seed in range(4)]
        return sum(entry["trust"] + entry["readiness"] for entry in moved) / len(moved)

    gains = [gained(level) for level in (1, 2, 3, 4)]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 2 * gains[3]


def test_the_same_client_gains_less_the_harder_it_is_set() -> None:
    gains = [
        change(run(tiny_case(("difficulty = 2", f"difficulty = {level}")), SKILLED))["trust"]
        for level in (1, 2, 3, 4)
    ]

    assert gains == sorted(gains, reverse=True)
    assert gains[0] > gains[3]


@clients
@seeds
@pytest.mark.parametrize(
    "script",
    [SMALL_TALK, [said("Mm.")] * 20, [said("")] * 20],
    ids=["small talk", "no code", "silence"],
)
def test_small_talk_and_silence_leave_readiness_flat(
    slug: str, seed: int, script: list[ScriptedTurn]
) -> None:
    played = run(library_case(slug), script, seed)

    assert {entry.reaction.state.readiness for entry in played.turns} == {played.case.state["readiness"]}
    assert change(played)["trust"] <= 1


@clients
def test_the_same_script_and_seed_give_the_same_session(slug: str) -> None:
    first, second = (run(library_case(slug), SKILLED, 7).to_json() for _ in range(2))

    assert first == second


def test_another_seed_gives_another_session() -> None:
    sessions = {json.dumps(run(tiny_case(), SKILLED, seed).to_json()["turns"]) for seed in range(5)}

    assert len(sessions) == 5


def test_twins_have_the_same_ledger_and_cues_for_the_same_script() -> None:
    twin = tiny_case(
        ("Nora Quill", "Norbert Quill"),
        ('short = "Nora"', 'short = "Norbert"'),
        ('pronoun = "she"', 'pronoun = "he"'),
        ('culture = "A fishing village."', 'culture = "A mosque two streets from the quay."'),
        ('married = "widowed"', 'married = "single"'),
        ("Twenty. That's nothing where I'm from.", "Twenty. My brothers smoke forty."),
    )
    for seed in range(5):
        ours, theirs = run(tiny_case(), SKILLED, seed).to_json(), run(twin, SKILLED, seed).to_json()
        for key in ("codes", "rules", "deltas", "state", "stage", "act", "talk", "cue"):
            assert [entry[key] for entry in ours["turns"]] == [entry[key] for entry in theirs["turns"]]


@clients
@seeds
def test_a_repair_recovers_trust_and_ignoring_the_rupture_costs_more(slug: str, seed: int) -> None:
    case = library_case(slug)
    hurt = [said("You are in denial.", "Confront")]
    mended = run(case, [*hurt, said("I'm sorry, I was pushing you. You came to be heard.", "CR")], seed)
    ignored = run(case, [*hurt, said("Right."), said("Let us look at the form.")], seed)
    at_hurt = mended.turns[0].reaction.state

    assert mended.turns[1].reaction.state.trust > at_hurt.trust
    assert mended.turns[1].reaction.state.discord < at_hurt.discord
    assert ignored.turns[2].reaction.state.discord > at_hurt.discord or at_hurt.discord == 100
    assert ignored.turns[2].reaction.state.trust < at_hurt.trust or at_hurt.trust == 0


def test_a_branch_can_go_on_from_any_turn_and_gives_what_it_gave_before() -> None:
    case = library_case("marcus-bell")
    state, memory, seen = starting_state(case), starting_memory(case), []
    for n, entry in enumerate(SKILLED, start=1):
        seen.append((state, memory))
        reaction = react(
            case, state=state, memory=memory, codes=entry.codes or (), text=entry.text, seed=3, n=n
        )
        state, memory = reaction.state, reaction.memory
        seen[-1] = (*seen[-1], reaction)
    for n, (before, remembered, reaction) in enumerate(seen, start=1):
        stored = Memory.from_json(json.loads(json.dumps(remembered.to_json())))
        entry = SKILLED[n - 1]
        assert reaction == react(
            case, state=before, memory=stored, codes=entry.codes or (), text=entry.text, seed=3, n=n
        )


def test_the_same_moment_answered_in_two_ways_differs_by_what_was_done_not_by_luck() -> None:
    """A draw that is answered with sustain talk after listening is also answered so after pressure."""
    case = library_case("marcus-bell")
    state, memory = starting_state(case), starting_memory(case)
    for seed in range(300):
        listened = turn(case, state, memory, "SR", seed=seed)
        pressed = turn(case, state, memory, "Persuade", seed=seed)
        if listened.talk == "sustain":
            assert pressed.talk == "sustain"


def test_what_was_told_is_told_once_in_a_branch() -> None:
    case = tiny_case(("trust = 30", "trust = 70"), ("discord = 45", "discord = 10"))
    played = run(case, [said("Your chest frightens you.", "CR")] * 6)

    assert [entry.reaction.gate.id for entry in played.turns if entry.reaction.gate] == ["blood"]
    assert played.turns[0].reply.text in case.gates[0].lines


def test_leave_to_advise_lasts_a_few_turns_and_is_refused_in_anger() -> None:
    case = tiny_case()
    state, memory = starting_state(case), starting_memory(case)
    asked = turn(case, state, memory, "Seek")
    memory, left = asked.memory, [asked.memory.permission]
    for n in range(2, 6):
        memory = turn(case, state, memory, n=n).memory
        left.append(memory.permission)
    angry = turn(case, state.moved({"discord": 50}), starting_memory(case), "Seek")

    assert left == [3, 2, 1, 0, 0]
    assert angry.memory.permission == 0


@clients
@seeds
def test_no_act_comes_three_times_running_except_withdrawal(slug: str, seed: int) -> None:
    played = run(
        library_case(slug), [said("And then?", "Q closed"), said("You should stop.", "Persuade")] * 15, seed
    )
    done = [entry.reaction.act for entry in played.turns]
    triples = [done[at] for at in range(len(done) - 2) if len(set(done[at : at + 3])) == 1]

    assert set(triples) <= {"withdraw"}


def test_a_memory_never_holds_a_word_the_therapist_wrote() -> None:
    text = "Kingfisher marmalade, your chest frightens you, I'm sorry I pushed."
    memory = run(tiny_case(), [said(text, "CR", "Q open")] * 4).turns[-1].reaction.memory

    stored = json.dumps(memory.to_json()).lower()
    assert "chest" in stored  # the topic's id, which the author wrote
    assert not [word for word in ("kingfisher", "marmalade", "frightens", "sorry") if word in stored]


@given(
    script=some.lists(
        some.tuples(
            some.lists(some.sampled_from(CODES), max_size=3, unique=True),
            some.sampled_from(
                ["", "And your chest?", "I'm sorry, I pushed.", "Nice weather.", "What matters?"]
            ),
        ),
        min_size=1,
        max_size=25,
    ),
    seed=some.integers(0, 2**31),
)
def test_any_script_gives_whole_turns_with_bounded_states(
    script: list[tuple[list[str], str]], seed: int
) -> None:
    played = run(tiny_case(), [said(text, *codes) for codes, text in script], seed)

    assert len(played.turns) == len(script)
    for entry in played.turns:
        assert entry.reply.text
        assert all(0 <= value <= 100 for value in entry.reaction.state.to_json().values())


def biased(case: Case, *, seed: int = 1) -> tuple[Reaction, Reaction]:
    """The same turn with and without a stereotyping remark in it."""
    state, memory = starting_state(case), starting_memory(case)
    plain, remark = (
        react(case, state=state, memory=memory, codes=(), text="Right.", seed=seed, n=1, signals=signals)
        for signals in (frozenset(), frozenset({"bias"}))
    )
    return plain, remark


@clients
def test_a_stereotyping_remark_moves_every_client_by_the_same_rule_and_no_multiplier(slug: str) -> None:
    plain, remark = biased(library_case(slug))

    assert plain.ledger.rules == ()
    (effect,) = remark.ledger.rules
    assert effect.id == "stereotyping"
    assert effect.deltas["trust"] == -6


def test_twins_pay_the_same_for_a_stereotyping_remark() -> None:
    twin = tiny_case(("Nora Quill", "Norbert Quill"), ('pronoun = "she"', 'pronoun = "he"'))

    assert biased(tiny_case())[1].state == biased(twin)[1].state


def test_a_stereotyping_remark_is_a_rupture_that_can_be_mended_and_shuts_what_was_about_to_be_told() -> None:
    case = tiny_case(("trust = 30", "trust = 70"), ("discord = 45", "discord = 10"))
    state, memory = starting_state(case), starting_memory(case)
    arguments = {
        "state": state,
        "memory": memory,
        "codes": coded("CR"),
        "text": "Your chest.",
        "seed": 1,
        "n": 1,
    }
    remark = react(case, **arguments, signals=frozenset({"bias"}))
    mended = turn(case, remark.state, remark.memory, "CR", n=2)

    assert react(case, **arguments).gate is not None
    assert remark.gate is None
    assert remark.memory.rupture is not None
    assert "repair-heard" in [effect.id for effect in mended.ledger.rules]


def test_a_topic_that_does_not_carry_gives_way_to_the_one_before_it() -> None:
    case = tiny_case(("[topics.sister]", "[topics.sister]\ncarries = false"))
    state, memory = starting_state(case), starting_memory(case)
    first = react(case, state=state, memory=memory, codes=coded("CR"), text="Your chest.", seed=1, n=1)
    second = react(case, state=state, memory=first.memory, codes=coded("Q"), text="And Bea?", seed=1, n=2)
    third = react(case, state=state, memory=second.memory, codes=coded("CR"), text="So.", seed=1, n=3)

    assert [entry.topics for entry in (first, second, third)] == [("chest",), ("sister",), ("chest",)]


@clients
@pytest.mark.parametrize(
    ("asked", "authored"),
    [
        ("Have you had any thoughts of ending your life?", True),
        ("I ask everybody: do you ever think about suicide?", True),
        ("How was the journey in this rain?", False),
    ],
)
def test_what_answers_a_word_about_dying_is_left_to_the_author(slug: str, asked: str, authored: bool) -> None:
    played = run(library_case(slug), [said("Hello."), said(asked, "Q closed")])
    assert played.turns[-1].reaction.is_the_author_s is authored
