"""Asks again, every few seconds and once for all sockets of this process, whether their people may still be there."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial

from apps.chat.who import Visitor, gone
from apps.core.middleware import AWAY
from apps.core.store import outside_walls

CHECK_AGAIN_S = 4.0

log = logging.getLogger(__name__)
Leave = Callable[[], Awaitable[None]]


class Watch:
    """Used from the event loop alone; started by the first socket. `leave` closes a socket."""

    def __init__(self) -> None:
        self._sockets: dict[Visitor, set[Leave]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def join(self, visitor: Visitor, leave: Leave) -> None:
        self._sockets[visitor].add(leave)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def part(self, visitor: Visitor, leave: Leave) -> None:
        self._sockets[visitor].discard(leave)
        if not self._sockets[visitor]:
            del self._sockets[visitor]

    async def _run(self) -> None:
        """Ends with the last socket."""
        while self._sockets:
            await asyncio.sleep(CHECK_AGAIN_S)
            try:
                left = await outside_walls(partial(gone, tuple(self._sockets)))
            except AWAY:
                continue  # Nobody can read or write meanwhile either; asked again in a moment.
            for visitor in left:
                for leave in tuple(self._sockets.get(visitor, ())):
                    await leave()


watch = Watch()
