"""Places to speak, out of held-out dialogues."""

import json
from pathlib import Path

import pytest

from inference.contracts import Person, Role
from inference.data.split import held_out
from inference.evaluation.adapters.contexts import (
    Context,
    contexts_of,
    held_out_contexts,
    sample,
    sample_talks,
    seed_of,
    sha256_of,
)
from inference.evaluation.errors import EvaluationError
from tests.inference.evaluation.adapters.conftest import COMPANION_DIALOGUE


def test_a_context_holds_the_talk_before_it_and_asks_for_what_was_planned(
    client_contexts: list[Context],
) -> None:
    second = client_contexts[1]

    assert second.id == "t-1:2" and second.label == "withdraw" and second.written == "Long."
    assert [each.said for each in second.talk] == ["Fine. Fly ate a sock.", ""]
    assert second.talk[-1].tag == "closed: withdraws" and second.heard == "And the evenings?"
    assert second.groups == {"age": "60 and over", "pronoun": "she", "therapist": "good", "edge": "ordinary"}
    assert second.limits().facts == {"age": 67}
    assert second.limits().earlier == ("Fine. Fly ate a sock.",)


def test_detectors_are_given_the_talk_without_tags(client_contexts: list[Context]) -> None:
    given = client_contexts[1].given("Long.")

    assert [message.role for message in given.history] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert given.said_to == "And the evenings?"
    assert not any("withdraws" in message.text for message in given.history)


def test_fixed_words_are_no_place_to_speak_and_nobodys_own() -> None:
    contexts = list(contexts_of(COMPANION_DIALOGUE, Person.COMPANION))

    assert [each.label for each in contexts] == ["reflect", "step"]
    assert contexts[1].earlier == ("You reached for somebody, and somebody was there.",)
    assert contexts[0].groups == {"age": "under 30", "edge": "hard"}


@pytest.mark.parametrize("person", list(Person))
def test_the_shipped_sample_is_two_hundred_places_nobody_may_train_on(person: Person) -> None:
    places = held_out_contexts(person)
    chosen = sample(places, 200)

    assert len(chosen) == len({each.id for each in chosen}) == 200
    assert all(held_out(each.dialogue) for each in places)
    assert {each.label for each in chosen} == {each.label for each in places}
    assert sha256_of(chosen) == sha256_of(sample(list(reversed(places)), 200))


def test_a_sample_has_as_many_of_each_act_as_there_are(client_contexts: list[Context]) -> None:
    assert {each.label for each in sample(client_contexts, 3)} == {"deflect", "withdraw", "want"}
    assert len(sample(client_contexts, 2)) == 2
    assert len(sample(client_contexts, 99)) == 3


def test_talks_are_whole_and_in_order(client_contexts: list[Context]) -> None:
    (talk,) = sample_talks(list(client_contexts), 5)

    assert [each.id for each in talk] == ["t-1:1", "t-1:2", "t-1:3"]


def test_a_seed_belongs_to_its_place(client_contexts: list[Context]) -> None:
    seeds = [seed_of(each) for each in client_contexts]

    assert len(set(seeds)) == 3 and all(0 <= seed < 2**63 for seed in seeds)


def test_a_dialogue_out_of_its_form_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    with pytest.raises(EvaluationError, match="holds no dialogues"):
        held_out_contexts(Person.CLIENT, tmp_path)
    (folder / "a.jsonl").write_text(json.dumps({"id": "a-42", "turns": [{}]}) + "\n")

    with pytest.raises(EvaluationError, match="not in its form"):
        held_out_contexts(Person.CLIENT, tmp_path)
