"""Sends one socket every event of its encounter, in order, each exactly once.

Hints from the same process carry the frame; when one is missing, or there was none, the gap is read from the database.
"""

import asyncio
from collections.abc import Awaitable, Callable

from apps.chat.frames import Frame

POLL_S = 3.0
MOST_HINTS = 64


class SocketFollower:
    """`read(after_seq)` gives the next frames from the database; `send` writes one; `must_poll` says that hints may
    be missing. `run` is the only writer of ordered frames."""

    def __init__(
        self,
        *,
        read: Callable[[int], Awaitable[list[Frame]]],
        send: Callable[[Frame], Awaitable[None]],
        must_poll: Callable[[], bool],
        seen: int,
    ) -> None:
        self._read, self._send, self._must_poll = read, send, must_poll
        self._hints: dict[int, Frame] = {}
        self._news = asyncio.Event()
        self._behind = False
        self._replay: tuple[int, Callable[[], Awaitable[None]]] | None = None
        self.seen = seen

    def hint(self, frame: Frame | None) -> None:
        if frame is None or len(self._hints) >= MOST_HINTS:
            self._hints.clear()
            self._behind = True
        elif frame["seq"] > self.seen:
            self._hints[frame["seq"]] = frame
        self._news.set()

    def replay(self, after_seq: int, then: Callable[[], Awaitable[None]]) -> None:
        """Send again everything after a number; `then` runs when it is sent. What is asked while another waits is
        answered with it, from the lower number."""
        self._replay = (min(after_seq, self._replay[0]) if self._replay else after_seq, then)
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._wait()
            self._news.clear()
            replay, self._replay = self._replay, None
            if replay:
                self.seen, self._behind = replay[0], True
                self._hints.clear()
            await self._catch_up()
            if replay:
                await replay[1]()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_S if self._must_poll() else None):
                await self._news.wait()
        except TimeoutError:
            self._behind = True

    async def _catch_up(self) -> None:
        while True:
            frame = self._hints.pop(self.seen + 1, None)
            if frame is not None:
                await self._deliver(frame)
                continue
            self._hints = {seq: held for seq, held in self._hints.items() if seq > self.seen}
            if not (self._behind or self._hints):
                return
            # What comes while the database is read may be about events that the read did not see: it stays.
            asked_for, self._behind = set(self._hints), False
            missing = await self._read(self.seen)
            if missing:
                self._behind = True
            else:
                self._hints = {seq: held for seq, held in self._hints.items() if seq not in asked_for}
            for frame in missing:
                await self._deliver(frame)

    async def _deliver(self, frame: Frame) -> None:
        if frame["seq"] > self.seen:
            await self._send(frame)
            self.seen = frame["seq"]
