import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from inference.encoder.heads import SHAPES
from inference.encoder.tokens import (
    ANSWER_TOKENS,
    CLS,
    MOST_WINDOWS,
    OVERLAP,
    PAD,
    SAID_TOKENS,
    SEP,
    STEP,
    WINDOW,
    Piece,
    exchange,
    pad,
    shape_features,
    windows,
)
from inference.testing import SCRIPTED_LINES

UNKNOWN = 100
words_of_any_script = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
written = st.lists(st.one_of(st.sampled_from(SCRIPTED_LINES), words_of_any_script), max_size=60).map(" ".join)
reads_anything = settings(max_examples=60, deadline=None)


def folded(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cc", "Cf"))


def assert_points_at_its_words(tokenizer: Tokenizer, piece: Piece, text: str) -> None:
    assert len(piece.ids) == len(piece.kinds) == len(piece.spans)
    for token, (start, end) in zip(piece.ids, piece.spans, strict=True):
        if (start, end) == (0, 0):
            continue
        assert 0 <= start < end <= len(text)
        if token != UNKNOWN:
            assert folded(text[start:end]).strip() == tokenizer.id_to_token(token).removeprefix("##")


@reads_anything
@given(text=written)
@example(text="")
@example(text="Zu\u0308rich, I\u0307zmir, \u1e9e, A\u200bB")
def test_windows_point_at_the_characters_they_were_made_of(tokenizer: Tokenizer, text: str) -> None:
    pieces = windows(tokenizer, text)
    assert 1 <= len(pieces) <= MOST_WINDOWS
    for piece in pieces:
        assert (piece.ids[0], piece.ids[-1]) == (CLS, SEP) and len(piece.ids) <= WINDOW
        assert set(piece.kinds) == {0}
        assert_points_at_its_words(tokenizer, piece, text)


@reads_anything
@given(said=written, answer=written)
def test_an_exchange_points_into_the_answer_alone(tokenizer: Tokenizer, said: str, answer: str) -> None:
    piece = exchange(tokenizer, said, answer)
    assert len(piece.ids) <= SAID_TOKENS + ANSWER_TOKENS + 3
    assert all(span == (0, 0) for span, kind in zip(piece.spans, piece.kinds, strict=True) if kind == 0)
    assert list(piece.kinds) == sorted(piece.kinds) and piece.kinds[-1] == 1
    assert_points_at_its_words(tokenizer, piece, answer)


@pytest.mark.parametrize("tokens", [1, 190, 191, 222, 348, 349, 600, 980])
def test_windows_leave_no_token_of_a_long_text_unread(tokenizer: Tokenizer, tokens: int) -> None:
    text = " ".join(["it"] * tokens)
    pieces = windows(tokenizer, text)
    assert {span for piece in pieces for span in piece.spans} - {(0, 0)} == {
        (3 * at, 3 * at + 2) for at in range(tokens)
    }
    for one, following in zip(pieces, pieces[1:], strict=False):
        assert len(set(one.spans) & set(following.spans) - {(0, 0)}) == OVERLAP


def test_a_text_of_many_windows_is_read_at_its_beginning_and_its_end(tokenizer: Tokenizer) -> None:
    text = " ".join(["it"] * 5000)
    pieces = windows(tokenizer, text)
    assert len(pieces) == MOST_WINDOWS
    assert pieces[0].spans[1] == (0, 2) and pieces[-1].spans[-2] == (len(text) - 2, len(text))


def test_a_long_answer_keeps_its_beginning_and_its_end(tokenizer: Tokenizer) -> None:
    answer = " ".join(["it"] * 300)
    spans = [span for span in exchange(tokenizer, "", answer).spans if span != (0, 0)]
    assert len(spans) == ANSWER_TOKENS and spans[0] == (0, 2) and spans[-1] == (len(answer) - 2, len(answer))


def test_of_what_was_said_the_end_is_kept(tokenizer: Tokenizer) -> None:
    said = "nobody " + "it " * 200 + "tired"
    ids = exchange(tokenizer, said, "ok").ids
    (first,), (last,) = (tokenizer.encode(word, add_special_tokens=False).ids for word in ("nobody", "tired"))
    assert last in ids and first not in ids


@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=5))
def test_padding_keeps_every_row_and_masks_the_rest(sizes: list[int]) -> None:
    pieces = [
        Piece(tuple(range(5, 5 + size)), tuple([at % 2] * size), ((0, 0),) * size)
        for at, size in enumerate(sizes)
    ]
    rows = pad(pieces)
    assert rows.ids.shape == rows.kinds.shape == rows.mask.shape
    assert rows.ids.shape[1] % STEP == 0 and rows.ids.shape[1] - max(sizes) < STEP
    for row, piece in enumerate(pieces):
        size = len(piece.ids)
        assert rows.mask[row].tolist() == [1] * size + [0] * (rows.ids.shape[1] - size)
        assert tuple(rows.ids[row, :size].tolist()) == piece.ids
        assert tuple(rows.kinds[row, :size].tolist()) == piece.kinds
        assert set(rows.ids[row, size:].tolist()) <= {PAD}


@reads_anything
@given(text=words_of_any_script)
def test_every_token_has_the_features_of_its_own_spelling(tokenizer: Tokenizer, text: str) -> None:
    (piece, *_) = windows(tokenizer, text)
    features = shape_features(text, piece)
    assert len(features) == len(piece.ids)
    for (start, end), row in zip(piece.spans, features, strict=True):
        word = text[start:end]
        assert len(row) == SHAPES and set(row) <= {0.0, 1.0}
        assert row[0] == float(word[:1].isupper()) and row[3] == float(word.isdigit())


def test_spelling_features_tell_names_lines_and_numbers(tokenizer: Tokenizer) -> None:
    text = "Dear Anna\n12 it. OK"
    (piece,) = windows(tokenizer, text)
    by_start = {
        span[0]: row
        for span, row in zip(piece.spans, shape_features(text, piece), strict=True)
        if span != (0, 0)
    }
    assert by_start[text.index("Dear")] == [1, 0, 0, 0, 1, 0, 0, 0]
    assert by_start[text.index("Anna")] == [1, 0, 0, 0, 0, 0, 0, 1]
    assert by_start[text.index("na\n")] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert by_start[text.index("12")] == [0, 0, 1, 1, 1, 0, 0, 0]
    assert by_start[text.index("OK")] == [1, 0, 0, 0, 0, 1, 0, 0]


def test_spelling_of_a_script_without_spaces_is_read_in_linear_time(tokenizer: Tokenizer) -> None:
    """A hundred thousand letters without a space once cost a walk through all of them for every token."""
    text = "\u6f22" * 100_000
    pieces = windows(tokenizer, text)
    began = time.perf_counter()
    for piece in pieces:
        shape_features(text, piece)
    assert time.perf_counter() - began < 2
