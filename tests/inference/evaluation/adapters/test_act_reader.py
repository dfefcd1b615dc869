"""The reader of acts: right on what it was fitted on, and as right on held-out replies as its notes say."""

import numpy as np

from inference.contracts import Person
from inference.data.edits import read_edits
from inference.data.split import held_out
from inference.evaluation.adapters.act_reader import fitted, reader_of
from inference.evaluation.adapters.contexts import DIALOGUES, contexts_of, held_out_contexts
from inference.evaluation.rows import read_rows


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


def test_a_reply_reworded_since_does_not_move_the_reader() -> None:
    """Figures read with it stay what they are."""
    files = sorted((DIALOGUES / Person.COMPANION).glob("*.jsonl"))
    rows = {row["id"]: row for file in files for row in read_rows(file) if not held_out(row["id"])}
    edits = [edit for edit in read_edits() if edit.id in rows]
    now = {edit: rows[edit.id]["turns"][edit.turn]["text"] for edit in edits}
    assert edits and now == {edit: edit.after for edit in edits}
    for edit in edits:
        rows[edit.id]["turns"][edit.turn]["text"] = edit.before
    first = [each for row in rows.values() for each in contexts_of(row, Person.COMPANION)]
    own = fitted([each.written for each in first], [each.label for each in first])

    reader = reader_of(Person.COMPANION)
    assert reader.places == own.places
    assert np.array_equal(reader.weights, own.weights)
