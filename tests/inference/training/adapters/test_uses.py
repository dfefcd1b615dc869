"""A card says what its adapter is for, what it must never be used for, and how it fails."""

import pytest

from inference.persona import Persona
from inference.training.adapters.uses import use_of


@pytest.mark.parametrize("persona", list(Persona))
def test_every_persona_has_uses_and_failures(persona: Persona) -> None:
    use = use_of([persona])

    assert list(use) == ["use", "failures"]
    assert all(sentences and all(each.endswith(".") for each in sentences) for sentences in use.values())


def test_a_client_is_kept_from_seekers_and_plays_no_crisis() -> None:
    use = use_of(["client", "neutral"])

    assert any("Never to be used with a person who seeks support" in each for each in use["use"])
    assert any("it plays none" in each for each in use["use"])
    assert any("facts that the case does not have" in each for each in use["failures"])
    assert use == use_of(["client"]), "nothing is said twice"


def test_a_companion_words_only_and_is_judged_sentence_by_sentence() -> None:
    use = use_of(["companion"])

    assert "wording only, every sentence is judged before it is shown" in use["use"][0]
    assert any(each.startswith("Never in a crisis") for each in use["use"])
    assert not any("trained to resist" in each for each in use["use"])


def test_one_adapter_of_all_has_the_sentences_of_each() -> None:
    every = use_of([str(persona) for persona in Persona])

    for persona in Persona:
        for kind, sentences in use_of([persona]).items():
            assert set(sentences) <= set(every[kind])
    assert every["failures"][-1] == "English only."
