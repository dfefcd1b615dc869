"""The reader of acts: right on what it was fitted on, and as right on held-out replies as its notes say."""

from inference.contracts import Person
from inference.evaluation.adapters.act_reader import fitted, reader_of
from inference.evaluation.adapters.contexts import held_out_contexts


def test_labels_are_ranked_by_the_words_that_tell_them_apart() -> None:
    texts = ["No. Never.", "No, never.", "I will go tomorrow.", "Tomorrow I will."] * 3
    labels = ["deny", "deny", "commit", "commit"] * 3
    reader = fitted(texts, labels, least_times=2)

    assert reader.ranked("never, no")[0] == "deny"
    assert reader.ranked("tomorrow, I will")[0] == "commit"
    assert sorted(reader.ranked("")) == ["commit", "deny"]


def test_plans_are_read_right_in_most_held_out_replies() -> None:
    reader = reader_of(Person.COMPANION)
    places = held_out_contexts(Person.COMPANION)
    right = [reader.ranked(each.written)[0] == each.label for each in places]

    assert sum(right) / len(right) >= 0.8
