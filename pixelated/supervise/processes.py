"""The product's own processes: how each is called, what it is told, and how it says that it serves."""

import http
import http.client
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pixelated.supervise.child import ChildSpec
from pixelated.supervise.errors import PortTakenError

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]

# What a process does not need, it is not told.
_FOR_MIGRATIONS = ("DATABASE_OWNER_URL",)
_FOR_SEEDING = ("PIXELATED_DEMO_PASSWORD",)
_FOR_THE_WORKER = ("PIXELATED_REMOTE_URL", "PIXELATED_REMOTE_MODEL", "PIXELATED_REMOTE_KEY")
_FOR_THE_WEB = ("DATABASE_URL", "REDIS_URL", "PIXELATED_SECRET_KEY", "PIXELATED_ROOT_KEY_FILE")


def web_environment(everything: Mapping[str, str]) -> dict[str, str]:
    """For web and Celery: no way to become the owner of the tables, nor to ask the remote engine past the worker."""
    return _without(everything, _FOR_MIGRATIONS + _FOR_SEEDING + _FOR_THE_WORKER)


def seeding_environment(everything: Mapping[str, str]) -> dict[str, str]:
    """For making the demo people: as the application, with the password they get."""
    return _without(everything, _FOR_MIGRATIONS + _FOR_THE_WORKER)


def worker_environment(everything: Mapping[str, str]) -> dict[str, str]:
    """For the inference worker: no way to the database, to Redis, or to the keys."""
    return _without(everything, _FOR_MIGRATIONS + _FOR_SEEDING + _FOR_THE_WEB)


def _without(everything: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in everything.items() if name not in names}


def inference_worker(port: int, *, environment: Mapping[str, str], log: Path) -> ChildSpec:
    return ChildSpec(
        name="inference worker",
        argv=(sys.executable, "-m", "inference", "serve", "--port", str(port)),
        environment=worker_environment(environment),
        log=log,
        folder=ROOT,
        ready=answers(port, "/health", secret=environment["PIXELATED_WORKER_SECRET"]),
        ready_within_s=300.0,  # A large model is read from disk.
    )


def celery_worker(*, environment: Mapping[str, str], log: Path) -> ChildSpec:
    """Serves all but batches: every task of it is short."""
    own = ("--queues", "celery", "--concurrency", "2")
    return _celery_worker("Celery worker", own, environment=environment, log=log)


def batch_worker(*, environment: Mapping[str, str], log: Path) -> ChildSpec:
    """Serves batches, one after the other, in a single process: it costs the memory of one, and no sweep its turn."""
    own = ("--queues", "batches", "--pool", "solo", "--hostname", "batches@%h")
    return _celery_worker("batch worker", own, environment=environment, log=log)


def _celery_worker(
    name: str, own: tuple[str, ...], *, environment: Mapping[str, str], log: Path
) -> ChildSpec:
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    marker = LogMarker(log, b"ready.")
    return ChildSpec(
        name=name,
        argv=(*_celery(), "worker", *own, "--loglevel", "INFO", *alone),
        environment=web_environment(environment),
        log=log,
        folder=ROOT,
        prepare=marker.remember,
        ready=marker.found,
    )


def celery_beat(schedule: Path, *, environment: Mapping[str, str], log: Path) -> ChildSpec:
    marker = LogMarker(log, b"is starting.")  # Its banner; at INFO it would log every sweep.
    return ChildSpec(
        name="Celery beat",
        argv=(*_celery(), "beat", "--loglevel", "WARNING", "--schedule", str(schedule), "--pidfile="),
        environment=web_environment(environment),
        log=log,
        folder=ROOT,
        prepare=marker.remember,
        ready=marker.found,
    )


def web(port: int, *, environment: Mapping[str, str], log: Path) -> ChildSpec:
    return ChildSpec(
        name="web",
        argv=(
            *(sys.executable, "-m", "daphne", "--bind", HOST, "--port", str(port)),
            *("--verbosity", "0", "--application-close-timeout", "3"),  # Verbosity 1 would log every address.
            "pixelated.asgi:application",
        ),
        environment=web_environment(environment),
        log=log,
        folder=ROOT,
        ready=answers(port, "/health/ready"),
        ready_within_s=60.0,
    )


def _celery() -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "--app", "pixelated")


@dataclass
class LogMarker:
    """Whether a process has said the words in its log since its last start."""

    log: Path
    words: bytes
    _from: int = 0

    def remember(self) -> None:
        self._from = self.log.stat().st_size if self.log.is_file() else 0

    def found(self) -> bool:
        said = self.log.read_bytes()
        return self.words in said[self._from if self._from <= len(said) else 0 :]


def answers(port: int, path: str, *, secret: str = "") -> Callable[[], bool]:
    """Whether a GET there says 200 within a second."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def ask() -> bool:
        connection = http.client.HTTPConnection(HOST, port, timeout=1)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status == http.HTTPStatus.OK
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    return ask


def free_port() -> int:
    """A port that nobody listens at in this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def see_that_port_is_free(port: int) -> None:
    """Raises PortTakenError, with what to do, where somebody listens at the port or may not be asked to."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTakenError(
                f"Port {port} cannot be used ({os.strerror(error.errno or 0).lower()})."
                f" Choose another: make up PORT={port + 1}, or python manage.py up --port {port + 1}"
            ) from None
