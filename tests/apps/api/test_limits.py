import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.cache.backends.redis import RedisCache

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.api import limits
from apps.api.enums import Scope
from apps.api.limits import Bucket, buckets_of, take
from apps.api.queries import Holder
from pixelated.supervise.redis import EmbeddedRedis, temporary_redis


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with temporary_redis() as running:
        yield running


@pytest.fixture
def shared(server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> RedisCache:
    """Limits counted in a real Redis, as where REDIS_URL is set."""
    redis = RedisCache(server.url, {"OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1}})
    redis.clear()
    monkeypatch.setattr(limits, "cache", redis)
    return redis


def wait_for_room_in_the_minute() -> None:
    if time.time() % 60 > 57:
        time.sleep(3.1)


def test_what_is_over_the_limit_is_refused_and_the_answer_tells_what_is_left(shared: RedisCache) -> None:
    wait_for_room_in_the_minute()
    bucket = Bucket(f"key:{uuid4()}", 3)
    standings = [take([bucket]) for _ in range(4)]
    assert [standing.remaining for standing in standings] == [2, 1, 0, 0]
    assert [standing.allowed for standing in standings] == [True, True, True, False]
    assert all(1 <= standing.reset_s <= 60 for standing in standings)


def test_the_tightest_bucket_is_told_of_and_a_batch_costs_its_size(shared: RedisCache) -> None:
    wait_for_room_in_the_minute()
    wide, narrow = Bucket(f"role:{uuid4()}", 100), Bucket(f"key:{uuid4()}", 10)
    standing = take([wide, narrow], cost=8)
    assert (standing.limit, standing.remaining) == (10, 2)
    assert not take([wide, narrow], cost=3).allowed


def test_two_processes_share_a_count(shared: RedisCache, server: EmbeddedRedis) -> None:
    wait_for_room_in_the_minute()
    bucket = Bucket(f"key:{uuid4()}", 2)
    take([bucket])
    other = RedisCache(server.url, {})
    key = f"api:{bucket.name}:{int(time.time() // 60)}"
    assert other.get(key) == 1


def test_without_redis_a_process_counts_alone_and_allows_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_room_in_the_minute()
    away = RedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})
    monkeypatch.setattr(limits, "cache", away)
    bucket = Bucket(f"key:{uuid4()}", 8)
    standings = [take([bucket]) for _ in range(3)]
    assert [standing.allowed for standing in standings] == [True, True, False]
    assert standings[0].limit == 2


def test_while_redis_is_away_it_is_not_asked_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    away = RedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})
    monkeypatch.setattr(limits, "cache", away)
    take([Bucket("key:one", 8)])
    begun = time.monotonic()
    for _ in range(100):
        take([Bucket("key:one", 8)])
    assert time.monotonic() - begun < 0.5


def test_an_owner_of_several_roles_has_the_most_generous() -> None:
    roles = frozenset({Role.SEEKER, Role.ADMINISTRATOR})
    holder = Holder(uuid4(), Actor(uuid4(), uuid4(), roles), frozenset({Scope.INFER}))
    key, role = buckets_of(holder, Scope.INFER)
    assert (key.limit, role.limit) == (limits.PER_KEY[Scope.INFER], limits.PER_ROLE[Role.ADMINISTRATOR])
    assert str(holder.organisation_id) in role.name
