"""The marks of acts and plans, on the dialogues they were chosen by: held-out ones are left for measuring."""

from collections.abc import Iterator

import pytest

from inference.contracts import Person
from inference.data.split import held_out
from inference.evaluation.adapters.contexts import DIALOGUES, contexts_of
from inference.evaluation.adapters.marks import mark_of
from inference.evaluation.rows import read_rows
from inference.vocabulary import acts, plans

OWN, APART = 0.8, 0.1
"""Share of a label's own replies that show its mark at least; how far under it the others' share is."""


def replies(person: Person) -> Iterator[tuple[str, str]]:
    for file in sorted((DIALOGUES / person).glob("*.jsonl")):
        for row in read_rows(file):
            if not held_out(row["id"]):
                yield from ((each.label, each.written) for each in contexts_of(row, person))


@pytest.mark.parametrize(("person", "labels"), [(Person.CLIENT, acts()), (Person.COMPANION, plans())])
def test_a_mark_shows_in_its_own_replies_and_less_in_others(person: Person, labels: object) -> None:
    said = list(replies(person))
    tried = 0
    for label in labels:  # type: ignore[attr-defined]
        mark = mark_of(person, label)
        if mark is None:
            continue
        own = [mark.shows_in(text) for each, text in said if each == label]
        others = [mark.shows_in(text) for each, text in said if each != label]
        tried += 1
        assert sum(own) / len(own) >= OWN, label
        assert sum(own) / len(own) - sum(others) / len(others) >= APART, label
    assert tried == (14 if person is Person.CLIENT else 9)


@pytest.mark.parametrize(
    ("person", "label", "text", "shows"),
    [
        (Person.CLIENT, "withdraw", "Fine.", True),
        (Person.CLIENT, "withdraw", "I will tell you everything about it, from the very beginning.", False),
        (Person.CLIENT, "test_boundary", "Do you have children yourself?", True),
        (Person.CLIENT, "test_boundary", "You have no children.", False),
        (Person.CLIENT, "commit", "I\N{RIGHT SINGLE QUOTATION MARK}ll ring her on Thursday.", True),
        (Person.COMPANION, "ask", "You kept it to yourself. What made tonight different?", True),
        (Person.COMPANION, "ask", "Why? What happened? Who?", False),
        (Person.COMPANION, "reflect", "You kept it to yourself.", True),
        (Person.COMPANION, "reflect", "Did you keep it to yourself?", False),
    ],
)
def test_a_mark_is_seen_or_not(person: Person, label: str, text: str, shows: bool) -> None:
    assert mark_of(person, label).shows_in(text) is shows
