from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from inference.engine.saying import Saying, decode


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(tiny_model)


@given(ids=st.lists(st.integers(2, 380), max_size=60))
def test_pieces_make_the_text_that_decoding_all_at_once_gives(
    ids: list[int], tokenizer: PreTrainedTokenizerBase
) -> None:
    saying = Saying(tokenizer)
    pieces = [saying.gain(token) for token in ids]
    assert "".join(pieces) == decode(tokenizer, ids)


class Bytes:
    """Tokens that are the bytes of UTF-8."""

    def decode(self, ids: list[int], **settings: object) -> str:
        return bytes(ids).decode(errors="replace")


@given(text=st.text(max_size=20))
def test_a_character_is_given_when_its_last_byte_is_there(text: str) -> None:
    saying = Saying(Bytes())  # type: ignore[arg-type]
    assert (
        "".join(saying.gain(byte) for byte in text.encode()) == text.replace("\ufffd", "") or "\ufffd" in text
    )


def test_a_character_that_stays_broken_is_left_out_at_the_end() -> None:
    saying = Saying(Bytes())  # type: ignore[arg-type]
    first, *rest = "é".encode()
    assert [saying.gain(byte) for byte in (*b"ok ", first)] == ["o", "k", " ", ""]
    assert saying.gain(None, whole=True) == ""
    assert rest
