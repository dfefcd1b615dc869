from inference.benchmark.workload import PERSONA, conversations
from inference.contracts import Role


def test_the_first_conversations_are_the_same_whatever_the_count() -> None:
    assert conversations(3, turns=2) == conversations(8, turns=2)[:3]


def test_conversations_begin_alike_and_differ_in_length() -> None:
    talks = conversations(20, turns=3)
    assert all(talk.persona.startswith(PERSONA) for talk in talks)
    assert len({len(talk.persona) for talk in talks}) > 5
    assert {length for talk in talks for length in talk.lengths} == {24, 40, 64}


def test_a_turn_is_asked_with_what_was_answered_before() -> None:
    talk = conversations(1, turns=3)[0]
    messages = talk.messages(2, ["one", "two"])
    roles = [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER]
    assert [message.role for message in messages] == roles
    assert [messages[2].text, messages[4].text, messages[5].text] == ["one", "two", talk.questions[2]]
