"""How a process is asked whether it serves, against a small real server."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pixelated.celery import app
from pixelated.supervise.child import ChildSpec
from pixelated.supervise.errors import PortTakenError
from pixelated.supervise.processes import (
    HOST,
    LogMarker,
    answers,
    batch_worker,
    celery_worker,
    free_port,
    see_that_port_is_free,
    seeding_environment,
    web_environment,
    worker_environment,
)


class Door(BaseHTTPRequestHandler):
    """Ready for those who know the word, 503 for others."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == "Bearer word" else 503)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer((HOST, 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_serves_when_it_says_200(port: int) -> None:
    assert answers(port, "/health", secret="word")() is True
    assert answers(port, "/health")() is False


def test_nobody_at_the_port_is_not_yet(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        answers(free_port(), "/health")()


def test_something_that_speaks_no_http_is_not_yet() -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()

        def babble() -> None:
            connection = listener.accept()[0]
            connection.recv(1000)
            connection.sendall(b"\x00\x01 babble\r\n")
            connection.close()

        thread = threading.Thread(target=babble)
        thread.start()
        assert answers(listener.getsockname()[1], "/health")() is False
        thread.join()


def test_a_taken_port_is_named_with_the_next_one_as_advice(port: int) -> None:
    with pytest.raises(PortTakenError, match=rf"Port {port} cannot be used .*--port {port + 1}"):
        see_that_port_is_free(port)


def test_words_in_a_log_count_only_since_the_last_start(tmp_path: Path) -> None:
    log = tmp_path / "celery.log"
    log.write_text("ready.\n")
    marker = LogMarker(log, b"ready.")
    marker.remember()
    assert marker.found() is False
    with log.open("a") as file:
        file.write("connected\nready.\n")
    assert marker.found() is True


def queues_of(spec: ChildSpec) -> set[str]:
    return set(spec.argv[spec.argv.index("--queues") + 1].split(","))


def test_every_sweep_has_a_queue_that_is_served_and_none_waits_for_a_batch(tmp_path: Path) -> None:
    given = {"environment": {}, "log": tmp_path / "log"}
    sweeps, batches = queues_of(celery_worker(**given)), queues_of(batch_worker(**given))
    app.loader.import_default_modules()
    routed = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks if "." in name}
    assert routed["api.answer_batches"] in batches
    assert {queue for name, queue in routed.items() if name != "api.answer_batches"} <= sweeps - batches
    assert {beat["task"] for beat in app.conf.beat_schedule.values()} <= set(routed)


def test_a_process_is_told_only_what_it_needs() -> None:
    everything = {
        "DATABASE_OWNER_URL": "owner",
        "DATABASE_URL": "app",
        "PIXELATED_REMOTE_KEY": "key",
        "PIXELATED_REMOTE_URL": "url",
        "PIXELATED_REMOTE_NAME": "name",
    }
    assert web_environment(everything) == {"DATABASE_URL": "app", "PIXELATED_REMOTE_NAME": "name"}
    assert "PIXELATED_REMOTE_KEY" not in seeding_environment(everything)
    assert worker_environment(everything) == {
        "PIXELATED_REMOTE_KEY": "key",
        "PIXELATED_REMOTE_URL": "url",
        "PIXELATED_REMOTE_NAME": "name",
    }
