from inference.benchmark.card.chats import chats
from inference.benchmark.card.plan import ANSWER, ASKED, OWN, SHARED, TURNS


def test_chats_begin_alike_and_are_the_same_for_everybody_asked() -> None:
    first, second = chats(5, vocabulary=96, seed=2), chats(3, vocabulary=96, seed=2)
    assert [chat.ids for chat in first[:3]] == [chat.ids for chat in second]
    assert len({tuple(chat.ids[:SHARED]) for chat in first}) == 1
    assert len({len(chat.ids) for chat in first}) > 1
    assert all(SHARED <= len(chat.ids) <= SHARED + OWN for chat in first)


def test_a_chat_asks_with_what_was_answered_and_ends_after_its_turns() -> None:
    (chat,) = chats(1, vocabulary=96, seed=2)
    before = list(chat.ids)
    for turn in range(TURNS):
        assert chat.ask()
        assert ANSWER[0] <= chat.length <= ANSWER[1]
        heard = [chat.hear(token) for token in [turn] * chat.length]
        assert heard[:-1] == [None] * (chat.length - 1)
        assert heard[-1].tokens == chat.length
        assert 0 <= heard[-1].first_s <= heard[-1].total_s
        assert chat.ids[: len(before)] == before
    assert not chat.ask()


def test_the_next_prompt_is_the_last_one_its_answer_and_a_question() -> None:
    (chat,) = chats(1, vocabulary=96, seed=2)
    chat.ask()
    first = list(chat.ids)
    for token in range(chat.length):
        chat.hear(token)
    chat.ask()
    answered = first + list(range(len(chat.ids) - len(first) - ASKED))
    assert chat.ids[:-ASKED] == answered
    assert chat.said == []
