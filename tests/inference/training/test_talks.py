from functools import cache

from inference.data.reading import read_dialogues
from inference.data.split import held_out
from inference.training.corpora import Example
from inference.training.talks import (
    CALM,
    NO_CRISIS,
    NOT_GRAVE,
    POST,
    TOUCHY,
    Talks,
    in_company,
    ordinary_talks,
    taught,
)


@cache
def talks() -> Talks:
    return ordinary_talks()


def test_only_dialogues_that_may_be_trained_on_and_hold_no_crisis_teach() -> None:
    dialogues = {dialogue.id: dialogue for dialogue in read_dialogues().dialogues}
    used = {example.group for example in talks().examples}
    assert len(used) > 500
    assert not any(held_out(each) for each in used)
    assert not any(TOUCHY & set(dialogues[each].edge) for each in used)
    assert not any(turn.is_fixed for each in used for turn in dialogues[each].turns)


def test_a_helpers_line_is_no_crisis_and_a_clients_is_only_not_grave() -> None:
    speakers = {
        (each.id, turn.text): turn.speaker for each in read_dialogues().dialogues for turn in each.turns
    }
    for example in talks().examples:
        if example.drawn_as == POST:
            continue
        helper = speakers[example.group, example.text] in ("therapist", "companion")
        assert example.targets == (NO_CRISIS if helper else {"crisis.severity": NOT_GRAVE})


def test_a_line_is_learned_alone_and_after_what_was_said() -> None:
    first = next(example for example in talks().examples if example.said)
    at = talks().examples.index(first)
    assert talks().examples[at + 1] == Example(
        "message", first.text, first.targets, "", "dialogues", CALM, first.group
    )


def test_a_row_that_stands_alone_is_read_after_a_history_too() -> None:
    alone = Example("message", "words", {"crisis.severity": "high"})
    rows = [
        alone,
        Example("message", "answer", {"crisis.severity": "low"}, "Hm."),
        Example("message", "plain", {"bias": "no"}),
        Example("message", "light", {"crisis.severity": "none"}, drawn_as="light"),
    ]
    (found,) = in_company(rows, ["It rained.\nIt did."], seed=1)
    assert (found.text, found.said, found.targets) == ("words", "It rained.\nIt did.", alone.targets)


def test_all_that_a_person_says_is_one_letter_too() -> None:
    letters = [example for example in talks().examples if example.drawn_as == POST]
    dialogues = {dialogue.id: dialogue for dialogue in read_dialogues().dialogues}
    assert len(letters) == len({example.group for example in talks().examples})
    for letter in letters[:50]:
        own = [turn.text for turn in dialogues[letter.group].turns if turn.speaker in ("client", "seeker")]
        assert letter.text.split() == " ".join(own).split()
        assert letter.targets == {"crisis.severity": NOT_GRAVE}


def test_histories_are_the_same_for_the_same_seed() -> None:
    rows = [Example("message", f"words {n}", {"crisis.severity": "moderate"}) for n in range(40)]
    calm = [str(n) for n in range(40)]
    assert in_company(rows, calm, seed=3) == in_company(rows, calm, seed=3)
    assert in_company(rows, calm, seed=3) != in_company(rows, calm, seed=4)


def test_the_files_are_named_as_a_card_names_them() -> None:
    assert {file.path.split("/")[0] for file in talks().files} == {"dialogues"}
    assert all(file.in_repository and len(file.sha256) == 64 for file in talks().files)


def test_an_adapter_that_reads_no_crises_is_taught_no_talk() -> None:
    assert taught("exchange", [], seed=1) == Talks([], [], [])
    rows = [Example("message", "words", {"crisis.severity": "high"})]
    found = taught("message", rows, seed=1)
    assert found.examples[0] == in_company(rows, found.calm, seed=1)[0]
    assert len(found.examples) == len(talks().examples) + 1
