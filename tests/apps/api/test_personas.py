import pytest

from apps.api.personas import Choice, How, Persona, inferred_persona, named_persona

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
    ("My client feels that I am against him.", Persona.COMPANION, How.ABSTAINED),
    ("What is the weather like?", Persona.COMPANION, How.ABSTAINED),
    ("I feel lost. What is CBT?", Persona.COMPANION, How.ABSTAINED),
    ("hello", Persona.COMPANION, How.ABSTAINED),
    ("", Persona.COMPANION, How.ABSTAINED),
]


@pytest.mark.parametrize(("name", "choice"), NAMED)
def test_a_persona_that_is_said_outright_is_that_persona(name: str, choice: Choice | None) -> None:
    assert named_persona(name) == choice


@pytest.mark.parametrize(("text", "persona", "how"), INFERRED)
def test_a_persona_is_read_from_the_words_or_abstained_from(text: str, persona: Persona, how: How) -> None:
    choice = inferred_persona([text])
    assert (choice.persona, choice.how) == (persona, how)
    assert choice.confidence is None
