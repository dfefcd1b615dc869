from collections.abc import AsyncIterator

import pytest

from inference.contracts import MAX_LINE_BYTES, MAX_STREAM_BYTES
from inference.errors import EngineGarbageError
from inference.lines import lines_of


async def arriving(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ((), []),
        ((b"one\ntwo\n",), [b"one", b"two"]),
        ((b"o", b"ne\nt", b"wo", b"\n"), [b"one", b"two"]),
        ((b"one\n\n \n\ntwo\n",), [b"one", b"two"]),
        ((b"one\ntorn off",), [b"one"]),
    ],
)
async def test_lines_are_put_together_from_pieces(pieces: tuple[bytes, ...], lines: list[bytes]) -> None:
    assert [line async for line in lines_of(arriving(*pieces))] == lines


@pytest.mark.parametrize(
    "pieces",
    [(b"x" * (MAX_LINE_BYTES + 1),), (b"x" * 1000 + b"\n",) * (MAX_STREAM_BYTES // 1000)],
    ids=["a line", "all of them"],
)
async def test_more_than_a_reply_can_be_is_garbage(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(EngineGarbageError):
        _ = [line async for line in lines_of(arriving(*pieces))]
