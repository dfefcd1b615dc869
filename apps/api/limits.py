"""How much may be asked in a minute, for a key and for a role in an organisation. Buckets are ids; no words.

Counted in Redis, in windows of a minute. Where Redis is away each process counts for itself, and allows a quarter: less
than nothing lost, never without a limit.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from redis import RedisError

from apps.accounts.enums import Role
from apps.api.enums import Scope
from apps.api.queries import Holder

WINDOW_S = 60
ALONE_SHARE = 4
AWAY_S = 5.0
MOST_BUCKETS = 10_000
PER_KEY = {Scope.INFER: 120, Scope.ENCOUNTERS: 30, Scope.ADMIN: 20}
PER_ROLE = {
    Role.SEEKER: 120,
    Role.TRAINEE: 240,
    Role.REVIEWER: 240,
    Role.AUDITOR: 240,
    Role.SUPERVISOR: 480,
    Role.ENGINEER: 600,
    Role.ADMINISTRATOR: 600,
}
"""What all keys of one role in one organisation may ask together; an owner of several roles has the most generous."""
REFUSED_PER_ADDRESS = 60
"""Keys that do not work, from one address, before it is told to wait."""


@dataclass(frozen=True)
class Bucket:
    name: str
    limit: int


@dataclass(frozen=True)
class Standing:
    """What is left of the tightest bucket: `remaining` requests until `reset_s` seconds from now."""

    limit: int
    remaining: int
    reset_s: int
    allowed: bool


class _Alone:
    """Counts in this process; forgets whole windows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._window = 0
        self.until = 0.0

    def add(self, name: str, cost: int, window: int) -> int:
        with self._lock:
            if window != self._window or len(self._counts) > MOST_BUCKETS:
                self._window, self._counts = window, {}
            self._counts[name] = self._counts.get(name, 0) + cost
            return self._counts[name]


_alone = _Alone()


def buckets_of(holder: Holder, scope: Scope) -> tuple[Bucket, ...]:
    role = max(holder.actor.roles, key=lambda role: (PER_ROLE[role], str(role)))
    return (
        Bucket(f"key:{holder.key_id}:{scope}", PER_KEY[scope]),
        Bucket(f"role:{holder.organisation_id}:{role}", PER_ROLE[role]),
    )


def refusals_of(address_hash: str) -> Bucket:
    return Bucket(f"refused:{address_hash}", REFUSED_PER_ADDRESS)


def take(buckets: Sequence[Bucket], *, cost: int = 1) -> Standing:
    """Count `cost` requests in every bucket; what came over a limit counts too. Blocks for at most a second."""
    now = time.time()
    window = int(now // WINDOW_S)
    reset_s = max(1, int((window + 1) * WINDOW_S - now))
    standings = [_standing(bucket, cost, window, reset_s) for bucket in buckets]
    return min(standings, key=lambda standing: (standing.allowed, standing.remaining))


def _standing(bucket: Bucket, cost: int, window: int, reset_s: int) -> Standing:
    limit, spent = bucket.limit, _shared(bucket.name, cost, window)
    if spent is None:
        limit = max(1, bucket.limit // ALONE_SHARE)
        spent = _alone.add(bucket.name, cost, window)
    return Standing(limit, max(0, limit - spent), reset_s, spent <= limit)


def _shared(name: str, cost: int, window: int) -> int | None:
    """The count in Redis; None while it is away, which is asked again only after some seconds."""
    if time.monotonic() < _alone.until:
        return None
    key = f"api:{name}:{window}"
    try:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        return cache.incr(key, cost)
    except (RedisError, OSError, ValueError):
        _alone.until = time.monotonic() + AWAY_S
        return None
