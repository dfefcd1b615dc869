from dataclasses import replace

from inference.contracts import Person
from inference.data.examples import example_of, one_by_one, persona_of, therapist_example, words_learned
from inference.data.reading import Dialogue, Turn
from inference.persona import PROTOCOL, ClientPersona, Persona

ANN = ClientPersona("Ann Reed", 30, "A baker.")
CLIENT = Dialogue(
    id="a-1",
    person=Person.CLIENT,
    topic="sleep",
    edge=(),
    client=ANN,
    therapist="good",
    turns=(
        Turn("client", "I came.", act="inform", band="wary"),
        Turn("therapist", "You came."),
        Turn("client", "My dog wakes me.", act="engage", band="wary"),
        Turn("therapist", "The dog."),
        Turn("client", "Fine, I'd like to sleep.", act="want", band="open"),
        Turn("therapist", "Good night."),
    ),
)
COMPANION = Dialogue(
    id="ca-1",
    person=Person.COMPANION,
    topic="grief",
    edge=("crisis",),
    turns=(
        Turn("seeker", "He died."),
        Turn("companion", "You miss him.", plan="reflect"),
        Turn("seeker", "I want to follow him."),
        Turn("companion", PROTOCOL, plan="protocol"),
        Turn("seeker", "My sister is here."),
        Turn("companion", "You let her in.", plan="affirm"),
    ),
)


def learned(example: object) -> list[str]:
    return [example.messages[place].text for place in example.learned]


def test_every_planned_reply_of_a_dialogue_is_learned_and_nothing_that_is_heard() -> None:
    example = example_of(CLIENT)

    assert learned(example) == ["I came.", "My dog wakes me.", "Fine, I'd like to sleep."]
    assert example.labels == ("inform", "engage", "want")
    assert [message.text for message in example.messages[1::2]] == [
        "... [wary: gives a plain answer]",
        "You came. [wary: goes along with it]",
        "The dog. [open: says what could be different]",
    ]


def test_fixed_words_are_context_and_never_learned() -> None:
    example = example_of(COMPANION)

    assert learned(example) == ["You miss him.", "You let her in."]
    assert PROTOCOL not in " ".join(message.text for message in example.messages)
    assert example.messages[3].text == "I want to follow him." and example.is_edge


def test_forgotten_replies_lose_their_tags_and_are_not_learned() -> None:
    example = example_of(CLIENT, forgotten=2)

    assert learned(example) == ["Fine, I'd like to sleep."]
    assert [("[" in message.text) for message in example.messages[1::2]] == [False, False, True]


def test_only_a_good_therapists_words_are_learned() -> None:
    example = therapist_example(CLIENT)

    assert learned(example) == ["You came.", "The dog.", "Good night."]
    assert therapist_example(replace(CLIENT, therapist="poor")) is None


def test_one_by_one_holds_the_same_replies_after_the_same_words() -> None:
    example = example_of(CLIENT)
    parts = one_by_one(example)

    assert [learned(part) for part in parts] == [[text] for text in learned(example)]
    assert all(part.messages == example.messages[: len(part.messages)] for part in parts)
    assert sum(map(words_learned, parts)) == words_learned(example)


def test_a_client_is_difficult_unless_nothing_is_hard() -> None:
    resisting = replace(CLIENT.turns[0], act="argue")

    assert persona_of(CLIENT) is Persona.NEUTRAL
    assert persona_of(replace(CLIENT, edge=("grief",))) is Persona.CLIENT
    assert persona_of(replace(CLIENT, therapist="odd")) is Persona.CLIENT
    assert persona_of(replace(CLIENT, turns=(resisting, CLIENT.turns[1], resisting))) is Persona.CLIENT
    assert persona_of(COMPANION) is Persona.COMPANION
