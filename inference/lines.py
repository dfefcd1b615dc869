"""The lines of a stream that somebody else sends, bounded. Torch-free; knows no protocol."""

from collections.abc import AsyncIterator

from inference.contracts import MAX_LINE_BYTES, MAX_STREAM_BYTES
from inference.errors import EngineGarbageError


async def lines_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines that are not blank, without their ends; what follows the last end is no line.

    Raises:
        EngineGarbageError: a line over MAX_LINE_BYTES, or more than MAX_STREAM_BYTES in all.
    """
    waiting, seen = bytearray(), 0
    async for piece in pieces:
        seen += len(piece)
        waiting += piece
        *whole, rest = waiting.split(b"\n")
        if seen > MAX_STREAM_BYTES or max(map(len, (*whole, rest))) > MAX_LINE_BYTES:
            raise EngineGarbageError("more was sent than a reply can be")
        waiting = rest
        for line in whole:
            if line.strip():
                yield bytes(line)
