"""A real Redis: who may connect, what it refuses, and that nothing reaches the disk."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from pixelated.supervise.redis import EmbeddedRedis, temporary_redis


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with temporary_redis() as running:
        yield running


def socket_of(server: EmbeddedRedis) -> Path:
    return Path(server.url.split("@", 1)[1])


def test_the_url_signs_in(server: EmbeddedRedis) -> None:
    client = redis.Redis.from_url(server.url)
    client.set("key", "value")
    assert client.get("key") == b"value"


def test_nobody_gets_in_without_the_password(server: EmbeddedRedis) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(unix_socket_path=str(socket_of(server))).ping()


def test_the_socket_and_the_password_are_closed_to_others(server: EmbeddedRedis) -> None:
    socket = socket_of(server)
    configuration = socket.parent.parent / "redis.conf"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (socket.parent, socket, configuration)]
    assert modes == [0o700, 0o700, 0o600]


def test_the_password_is_not_among_the_arguments(server: EmbeddedRedis) -> None:
    password = server.url.split(":", 2)[2].split("@")[0]
    assert password in (socket_of(server).parent.parent / "redis.conf").read_text()
    assert password not in Path(f"/proc/{server.pid}/cmdline").read_text()


@pytest.mark.parametrize(
    "command", ["CONFIG GET *", "SAVE", "BGSAVE", "MONITOR", "DEBUG SLEEP 0", "REPLICAOF NO ONE"]
)
def test_commands_that_keep_or_show_everything_are_refused(server: EmbeddedRedis, command: str) -> None:
    client = redis.Redis.from_url(server.url)
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.execute_command(*command.split())


def test_a_full_server_drops_what_expires_and_keeps_what_waits(server: EmbeddedRedis) -> None:
    client = redis.Redis.from_url(server.url)
    client.set("waits", "task")
    for number in range(80):
        client.set(f"expires-{number}", b"x" * 1_000_000, ex=600)
    assert client.get("waits") == b"task"
    assert client.dbsize() < 81
    client.flushall()


@pytest.mark.faults
def test_it_starts_again_empty_after_kill_9_and_leaves_nothing_on_disk() -> None:
    with temporary_redis() as server:
        client = redis.Redis.from_url(server.url)
        client.set("canary", "heliotrope")
        os.kill(server.pid, signal.SIGKILL)
        server.child.kill()

        server.start()

        assert redis.Redis.from_url(server.url).get("canary") is None
        home = socket_of(server).parent.parent
        assert sorted(path.name for path in home.iterdir()) == ["redis.conf", "redis.log", "socket"]
