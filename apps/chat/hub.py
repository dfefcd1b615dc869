"""Who in this process follows which encounter, and which turns it answers. A hint only: followers read the database
for whatever a hint leaves out."""

import asyncio
from collections import defaultdict
from typing import Protocol
from uuid import UUID

from apps.chat.frames import Frame


class Follower(Protocol):
    def hint(self, frame: Frame | None) -> None:
        """Something new: the frame itself, or None for `look for yourself`. Must not block."""


class Hub:
    """Used from the event loop alone."""

    def __init__(self) -> None:
        self._followers: dict[UUID, set[Follower]] = defaultdict(set)
        self._stops: dict[UUID, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, encounter_id: UUID, follower: Follower) -> None:
        self._followers[encounter_id].add(follower)

    def leave(self, encounter_id: UUID, follower: Follower) -> None:
        self._followers[encounter_id].discard(follower)
        if not self._followers[encounter_id]:
            del self._followers[encounter_id]

    def hint(self, encounter_id: UUID, frame: Frame | None) -> None:
        for follower in tuple(self._followers.get(encounter_id, ())):
            follower.hint(frame)

    def hint_everyone(self) -> None:
        for encounter_id in tuple(self._followers):
            self.hint(encounter_id, None)

    def answering(self, turn_id: UUID) -> asyncio.Event:
        """The event that asks this process's runner of a turn to stop; made when it starts."""
        return self._stops.setdefault(turn_id, asyncio.Event())

    def stop(self, turn_id: UUID) -> None:
        if turn_id in self._stops:
            self._stops[turn_id].set()

    def answered(self, turn_id: UUID) -> None:
        self._stops.pop(turn_id, None)

    def keep(self, task: "asyncio.Task[None]") -> None:
        """Hold a turn's task: it belongs to the process and outlives the socket that began it."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


hub = Hub()
