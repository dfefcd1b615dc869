import json
from pathlib import Path

import pytest

from inference.contracts import Message, Speaker
from inference.evaluation.errors import EvaluationError
from inference.evaluation.rows import message, read_rows, write_predictions

CANARY = "zqparrot"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f'{{"text": "{CANARY}"', "not JSON"),
        (f'["{CANARY}"]', "not an object"),
    ],
)
def test_a_line_that_is_no_row_is_named_without_its_words(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "fine"}\n\n' + line)
    with pytest.raises(EvaluationError, match=f"rows.jsonl, line 3: {sentence}") as caught:
        read_rows(path)
    assert CANARY not in str(caught.value)


def test_a_line_separator_inside_a_text_ends_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a\u2028b"}\n{"text": "c"}\n', encoding="utf-8")
    assert [row["text"] for row in read_rows(path)] == ["a\u2028b", "c"]


def test_a_file_that_is_not_there_or_empty_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_rows(tmp_path / "away.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(EvaluationError, match="holds no rows"):
        read_rows(tmp_path / "empty.jsonl")


def test_predictions_join_their_rows(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    write_predictions(out, [{"id": "1"}, {"id": "2"}], [{"label": "a"}, {"label": "b"}])
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {"id": "1", "prediction": {"label": "a"}},
        {"id": "2", "prediction": {"label": "b"}},
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("speaker", [Speaker.THERAPIST, Speaker.COMPANION])
def test_a_helpers_history_keeps_the_sides_apart(speaker: Speaker) -> None:
    turns = [{"speaker": "supporter", "text": "Hello."}, {"speaker": "seeker", "text": "I feel low."}]
    given = message({"text": "Since when?", "history": turns}, speaker)
    assert (given.own_history, given.said_to) == (["Hello."], "I feel low.")


@pytest.mark.parametrize("speaker", [Speaker.CLIENT, Speaker.SEEKER])
def test_a_persons_history_keeps_the_sides_apart(speaker: Speaker) -> None:
    turns = [{"speaker": "client", "text": "I feel low."}, {"speaker": "therapist", "text": "Since when?"}]
    given = message({"text": "March.", "history": turns}, speaker)
    assert (given.own_history, given.said_to) == (["I feel low."], "Since when?")


def test_a_row_without_history_is_a_message_alone() -> None:
    assert message({"text": "Hello."}, Speaker.SEEKER).history == ()
    turns = [{"speaker": "user", "text": "Hi."}]
    assert message({"text": "Hello.", "history": turns}, Speaker.SEEKER).history == (Message("user", "Hi."),)


@pytest.mark.parametrize(
    "row", [{}, {"text": None}, {"text": "a", "history": ["b"]}, {"text": "a", "history": [{}]}]
)
def test_a_row_without_words_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(EvaluationError):
        message(row, Speaker.SEEKER)
