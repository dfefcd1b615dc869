from dataclasses import replace

from apps.practice.dynamics import Reaction, react
from apps.practice.prompt import mood, reply_request, system_text
from apps.practice.state import starting_memory, starting_state
from inference.contracts import ReplyRequest, Role
from inference.persona import FORM_VERSION
from inference.strict_json import plain
from tests.clients import coded, tiny_case

CASE = tiny_case()
TEXT = "And what does your sister say about the smoking?"
HISTORY = [("", "Bea drove me. So here I am."), ("It was not your idea.", "No. It was not.")]


def reaction(act: str = "argue") -> Reaction:
    decided = react(
        CASE,
        state=starting_state(CASE),
        memory=starting_memory(CASE),
        codes=coded("Q open"),
        text=TEXT,
        seed=1,
        n=2,
    )
    return replace(decided, act=act, gate=None)


def request(decided: Reaction | None = None) -> ReplyRequest:
    return reply_request(CASE, decided or reaction(), history=HISTORY, text=TEXT, seed=9, request_id="turn-1")


def test_the_request_survives_the_wire() -> None:
    asked = request()

    assert ReplyRequest.from_json(plain(asked)) == asked


def test_the_messages_are_who_speaks_examples_the_talk_and_the_turn() -> None:
    messages = request().messages

    assert [message.role for message in messages] == [
        Role.SYSTEM,
        *[Role.USER, Role.ASSISTANT] * 2,
        *[Role.USER, Role.ASSISTANT] * 2,
        Role.USER,
    ]
    assert messages[2].text == "Bea has opinions. They're not a diagnosis."
    assert messages[-2].text == "No. It was not."
    assert messages[-1].text == TEXT


def test_the_system_text_holds_person_facts_mood_and_the_act_last() -> None:
    text = system_text(CASE, reaction(), text=TEXT)

    assert text.startswith("You are Nora Quill, 51, the client.")
    assert "Bea: sister" in text
    assert "My sister fusses about my chest." in text
    assert mood(starting_state(CASE)) in text
    assert text.splitlines()[-1].startswith("Argue against what was just said.")
    assert "blood" not in text


def test_a_gated_fact_is_given_only_when_it_is_told() -> None:
    told = replace(reaction("disclose"), gate=CASE.gates[0])

    assert "She coughed blood in June." in system_text(CASE, told, text=TEXT)
    assert request(told).messages[2].text in CASE.gates[0].lines


def test_the_limits_hold_facts_names_earlier_replies_and_words_to_keep_away_from() -> None:
    limits = request().limits

    assert limits.speaker == "Nora Quill"
    assert limits.facts["children"] == []
    assert limits.facts["people"] == {"Bea": "sister"}
    assert limits.other_names == ("Bea",)
    assert limits.earlier == ("Bea drove me. So here I am.", "No. It was not.")
    assert limits.avoid == (
        "Bea has opinions. They're not a diagnosis.",
        "You try mending nets at five in the morning without one.",
        TEXT,
    )


def test_the_seed_of_a_request_differs_by_turn_and_session() -> None:
    seeds = {
        reply_request(
            CASE, replace(reaction(), n=n), history=HISTORY, text=TEXT, seed=seed, request_id="x"
        ).seed
        for n in (1, 2)
        for seed in (1, 2)
    }

    assert len(seeds) == 4


def test_a_long_talk_is_cut_to_its_last_turns() -> None:
    long = [("", "Opening."), *[(f"Question {n}?", f"Answer {n}.") for n in range(30)]]
    asked = reply_request(CASE, reaction(), history=long, text=TEXT, seed=1, request_id="x")

    assert len(asked.messages) < 20
    assert asked.messages[-2].text == "Answer 29."
    assert len(asked.limits.earlier) == 31


def test_moods_differ_with_the_state() -> None:
    start = starting_state(CASE)

    assert mood(start) != mood(start.moved({"trust": 40, "discord": -40}))


def test_an_adapter_is_asked_in_the_form_it_learned() -> None:
    decided = reaction()
    remembering = replace(decided, memory=replace(decided.memory, acts=("deny", "argue")))
    adapted = request(remembering).adapted

    system, *talk = adapted.messages
    assert (adapted.adapter, adapted.form) == ("client", FORM_VERSION)
    assert system.text.startswith("You are Nora Quill, 51, a client talking with a therapist.")
    assert "Bea: sister" in system.text and "age:" not in system.text
    assert [message.text for message in talk] == [
        "...",
        "Bea drove me. So here I am.",
        f"It was not your idea. [{remembering.band}: denies it]",
        "No. It was not.",
        f"{TEXT} [{remembering.band}: argues]",
    ]


def test_a_bare_model_is_asked_in_plain_words_with_examples() -> None:
    bare = request().messages

    assert "[" not in bare[-1].text
    assert system_text(CASE, reaction(), text=TEXT) == bare[0].text
    assert not {message.text for message in request().adapted.messages} & {bare[0].text, bare[2].text}


def test_how_far_words_may_stray_is_set_by_who_speaks(settings: object) -> None:
    settings.STRAYS_FROM = {"bare": 0.4, "client": 0.6, "companion": 0.9}
    asked = request()

    assert (asked.limits.strays_from, asked.adapted.strays_from) == (0.4, 0.6)
    assert asked.limits.exemplars


def test_whoever_chooses_between_candidates_is_told_the_act() -> None:
    assert request().limits.planned == reaction().act
