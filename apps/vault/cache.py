"""Unwrapped keys, for a short while: bounded, thread-safe, least recently used out first.

A key service is then asked once in minutes and not once a message, and its short absence is not felt. What is here is
plain key material in the memory of a process that sees plaintext anyway.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

ENTRIES = 1000
LIFETIME_S = 300.0
RECHECK_S = 5.0


@dataclass(slots=True)
class _Entry:
    organisation_id: UUID
    secret: bytes = field(repr=False)
    expires_at: float
    recheck_at: float


@dataclass(frozen=True, slots=True)
class Cached:
    """`due` says that whoever uses it should first look whether the key still exists."""

    organisation_id: UUID
    secret: bytes = field(repr=False)
    due: bool


class KeyCache:
    """Maps a key's id to its 32 bytes."""

    def __init__(
        self,
        *,
        entries: int = ENTRIES,
        lifetime_s: float = LIFETIME_S,
        recheck_s: float = RECHECK_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries = entries
        self._lifetime_s = lifetime_s
        self._recheck_s = recheck_s
        self._clock = clock
        self._held: OrderedDict[UUID, _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, key_id: UUID) -> Cached | None:
        with self._lock:
            entry = self._held.get(key_id)
            if entry is None:
                return None
            instant = self._clock()
            if instant >= entry.expires_at:
                del self._held[key_id]
                return None
            self._held.move_to_end(key_id)
            return Cached(entry.organisation_id, entry.secret, instant >= entry.recheck_at)

    def put(self, key_id: UUID, *, organisation_id: UUID, secret: bytes) -> None:
        instant = self._clock()
        with self._lock:
            self._held[key_id] = _Entry(
                organisation_id, secret, instant + self._lifetime_s, instant + self._recheck_s
            )
            self._held.move_to_end(key_id)
            while len(self._held) > self._entries:
                self._held.popitem(last=False)

    def confirm(self, key_id: UUID) -> None:
        """The key was seen to exist; the five minutes are not prolonged."""
        with self._lock:
            if key_id in self._held:
                self._held[key_id].recheck_at = self._clock() + self._recheck_s

    def drop(self, key_id: UUID) -> None:
        with self._lock:
            self._held.pop(key_id, None)

    def __len__(self) -> int:
        return len(self._held)
