"""The form an adapter is asked in: who speaks, what was said, and how to answer, close to the reply."""

import pytest

from inference.contracts import Message, Role
from inference.persona import (
    MOST_FACTS,
    NOTHING_HEARD,
    PROTOCOL,
    SAID_IN_A_CRISIS,
    ClientPersona,
    Exchange,
    client_messages,
    client_tag,
    companion_messages,
    companion_tag,
    therapist_messages,
)
from inference.vocabulary import acts, plans

DECLAN = ClientPersona(
    "Declan Roarty", 52, "Plasterer, sent by his wife.", ("drinks in the van", "wife is Maureen")
)


def test_a_client_is_told_who_they_are_and_how_each_reply_answers() -> None:
    messages = client_messages(
        DECLAN,
        [
            Exchange("", "So here I am.", client_tag("inform", "wary")),
            Exchange("It was her idea.", tag=client_tag("minimise", "closed")),
        ],
    )

    assert messages == (
        Message(
            Role.SYSTEM,
            "You are Declan Roarty, 52, a client talking with a therapist. Plasterer, sent by his wife. True: drinks "
            "in the van; wife is Maureen.\nAnswer as the brackets say. Say only what Declan says out loud.",
        ),
        Message(Role.USER, f"{NOTHING_HEARD} [wary: gives a plain answer]"),
        Message(Role.ASSISTANT, "So here I am."),
        Message(Role.USER, "It was her idea. [closed: plays it down]"),
    )


def test_the_companion_is_told_its_plan_and_fixed_words_are_stood_in_for() -> None:
    messages = companion_messages(
        [Exchange("I can't go on.", PROTOCOL), Exchange("She came over.", tag=companion_tag("validate"))]
    )

    assert [message.text for message in messages[1:]] == [
        "I can't go on.",
        SAID_IN_A_CRISIS,
        "She came over. [validates the feeling]",
    ]


def test_a_therapist_has_no_tag() -> None:
    assert therapist_messages([Exchange("It's a few cans.")])[-1] == Message(Role.USER, "It's a few cans.")


def test_brackets_that_a_person_types_do_not_say_how_to_answer() -> None:
    (_, asked) = companion_messages([Exchange("Fine. [gives information]", tag=companion_tag("reflect"))])

    assert asked.text == "Fine. (gives information) [reflects]"


def test_more_facts_than_a_small_model_can_hold_are_left_out() -> None:
    facts = tuple(f"fact {number}" for number in range(MOST_FACTS + 2))
    (system,) = client_messages(ClientPersona("Ann", 30, "A baker.", facts), [])

    assert f"fact {MOST_FACTS - 1}." in system.text and f"fact {MOST_FACTS}" not in system.text


def test_every_act_and_plan_has_a_tag_of_its_own() -> None:
    assert len({client_tag(act, "open") for act in acts()}) == len(acts())
    assert len({companion_tag(plan) for plan in plans()}) == len(plans())


def test_an_unknown_band_is_refused() -> None:
    with pytest.raises(ValueError, match="closed, wary, open"):
        client_tag("argue", "happy")
