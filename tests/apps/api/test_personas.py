import pytest

from apps.api.personas import Choice, How, Persona, heeding, inferred_persona, named_persona

NAMED = [
    ("support", Choice(Persona.COMPANION, How.EXPLICIT)),
    ("Therapy", Choice(Persona.COMPANION, How.EXPLICIT)),
    ("check-in", Choice(Persona.COMPANION, How.EXPLICIT)),
    ("practice", Choice(Persona.CLIENT, How.EXPLICIT)),
    ("practice:marcus-bell", Choice(Persona.CLIENT, How.EXPLICIT, "marcus-bell")),
    ("client:marcus-bell", Choice(Persona.CLIENT, How.EXPLICIT, "marcus-bell")),
    ("role-play", Choice(Persona.CLIENT, How.EXPLICIT)),
    ("education", Choice(Persona.EDUCATION, How.EXPLICIT)),
    ("education:marcus-bell", None),
    ("astrology", None),
    (":", None),
]
INFERRED = [
    ("I feel so tired of all this.", Persona.COMPANION, How.INFERRED),
    (
        "I\N{RIGHT SINGLE QUOTATION MARK}m overwhelmed and I don't know what to do",
        Persona.COMPANION,
        How.INFERRED,
    ),
    ("What is motivational interviewing?", Persona.EDUCATION, How.INFERRED),
    ("Explain the difference between a simple reflection and a question.", Persona.EDUCATION, How.INFERRED),
    ("Pretend to be a difficult client who drinks.", Persona.CLIENT, How.INFERRED),
    ("Let's role-play: you are the patient.", Persona.CLIENT, How.INFERRED),
    ("What is the weather like?", Persona.COMPANION, How.ABSTAINED),
    ("hello", Persona.COMPANION, How.ABSTAINED),
    ("", Persona.COMPANION, How.ABSTAINED),
]
LEARNERS = "What is the difference between a simple and a complex reflection?"
CRISIS = "I want to kill myself tonight."


def test_of_a_long_message_its_end_is_read() -> None:
    long = f"{CRISIS} {'It rained again. ' * 300}{LEARNERS}"
    assert inferred_persona([long]) == inferred_persona([long[-4000:]])
    assert inferred_persona([long[-4000:] + CRISIS]) == Choice(Persona.COMPANION, How.INFERRED)


@pytest.mark.parametrize(("name", "choice"), NAMED)
def test_a_persona_that_is_said_outright_is_that_persona(name: str, choice: Choice | None) -> None:
    assert named_persona(name) == choice


@pytest.mark.parametrize(("text", "persona", "how"), INFERRED)
def test_a_persona_is_read_from_the_words_or_abstained_from(text: str, persona: Persona, how: How) -> None:
    choice = inferred_persona([text])
    assert (choice.persona, choice.how) == (persona, how)


def test_what_was_read_says_how_sure_it_is_and_what_was_not_read_says_nothing() -> None:
    read = inferred_persona([LEARNERS])
    assert read.how is How.INFERRED and 0.5 < read.confidence < 1
    assert inferred_persona(["hello"]).confidence is None
    assert named_persona("education").confidence == 1.0


@pytest.mark.parametrize(
    "texts",
    [
        [CRISIS, LEARNERS],
        [LEARNERS, CRISIS],
        [LEARNERS, f"{LEARNERS} {CRISIS}"],
        ["Pretend to be a difficult client who drinks.", CRISIS],
    ],
)
def test_a_crisis_in_any_message_is_for_the_companion(texts: list[str]) -> None:
    assert inferred_persona([texts[0].replace(CRISIS, LEARNERS)]).persona is not Persona.COMPANION
    assert inferred_persona(texts) == Choice(Persona.COMPANION, How.INFERRED)


@pytest.mark.parametrize("how", [How.INFERRED, How.ABSTAINED])
def test_a_crisis_that_only_the_worker_hears_overrules_what_was_read(how: How) -> None:
    read = Choice(Persona.EDUCATION, how, chance=0.9)
    assert heeding(read, crisis=True) == Choice(Persona.COMPANION, How.INFERRED)
    assert heeding(read, crisis=False) == read


def test_what_a_caller_said_outright_is_never_overruled() -> None:
    said = Choice(Persona.CLIENT, How.EXPLICIT, "marcus-bell")
    assert heeding(said, crisis=True) == said
