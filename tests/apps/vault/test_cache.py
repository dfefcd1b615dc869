"""Unwrapped keys are kept for a while, in bounds."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from apps.vault.cache import Cached, KeyCache

ORGANISATION = UUID(int=1)


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.instant = 100.0

    def __call__(self) -> float:
        return self.instant


def put(cache: KeyCache, number: int) -> None:
    cache.put(UUID(int=number), organisation_id=ORGANISATION, secret=bytes([number % 256]))


def test_a_key_is_kept_for_five_minutes() -> None:
    clock = Clock()
    cache = KeyCache(clock=clock)
    put(cache, 1)

    clock.instant += 299.9
    assert cache.get(UUID(int=1)) == Cached(ORGANISATION, b"\x01", due=True)
    clock.instant += 0.1
    assert cache.get(UUID(int=1)) is None
    assert len(cache) == 0


def test_a_key_is_due_for_a_look_every_five_seconds_and_looking_does_not_prolong_it() -> None:
    clock = Clock()
    cache = KeyCache(clock=clock)
    put(cache, 1)
    seen = []

    for _ in range(3):
        clock.instant += 4.9
        seen.append(cache.get(UUID(int=1)).due)
        cache.confirm(UUID(int=1)) if seen[-1] else None
    clock.instant = 400.0

    assert seen == [False, True, False]
    assert cache.get(UUID(int=1)) is None


def test_confirming_a_key_that_left_does_not_bring_it_back() -> None:
    cache = KeyCache()
    cache.confirm(UUID(int=1))

    assert cache.get(UUID(int=1)) is None


def test_the_least_recently_used_key_leaves_first() -> None:
    cache = KeyCache(entries=2)
    put(cache, 1)
    put(cache, 2)
    cache.get(UUID(int=1))
    put(cache, 3)

    assert [cache.get(UUID(int=number)) is not None for number in (1, 2, 3)] == [True, False, True]


def test_a_thousand_keys_are_the_most() -> None:
    cache = KeyCache()
    for number in range(1200):
        put(cache, number)

    assert len(cache) == 1000


def test_a_dropped_key_is_gone() -> None:
    cache = KeyCache()
    put(cache, 1)
    cache.drop(UUID(int=1))
    cache.drop(UUID(int=1))

    assert cache.get(UUID(int=1)) is None


def test_many_threads_leave_the_bound_whole() -> None:
    cache = KeyCache(entries=10)

    def work(number: int) -> None:
        put(cache, number)
        cache.get(UUID(int=number))
        cache.drop(UUID(int=number - 5))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(5, 2000)))

    assert len(cache) <= 10
    assert cache.get(UUID(int=1999)) is not None


def test_a_cached_key_does_not_show_itself() -> None:
    assert "\\x01" not in repr(Cached(ORGANISATION, b"\x01", due=False))
