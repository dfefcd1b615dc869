import contextlib
import hmac
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest

from apps.api import webhooks
from apps.api.webhooks import SIGNATURE, WAITS, Letter, send, signature

SECRET, BODY = "a-secret-between-two", b'{"type":"batch.finished","id":"d-1"}'


class End:
    """Another system's end; `drips` lets its answer come a line at a time, for ever."""

    def __init__(self, *, drips: bool = False) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.over = threading.Event()
        end = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                end.taken.append((dict(self.headers), body))
                if drips:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not end.over.wait(0.05):
                        self.wfile.write(b"X-More: 1\r\n")
                    return
                self.send_response(204)
                self.end_headers()

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # The caller has hung up.
                    super().handle()

            def log_message(self, *words: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.port = self._server.server_port

    def stop(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def end(settings: object) -> Iterator[End]:
    settings.CALLBACKS_PUBLIC_ONLY = False
    end = End()
    yield end
    end.stop()


def letter(url: str) -> Letter:
    return Letter(uuid4(), url, BODY, SECRET)


def test_the_time_is_signed_with_the_body_so_that_neither_can_be_put_to_another() -> None:
    value = signature(SECRET, BODY, at=1_800_000_000)
    mac = hmac.digest(SECRET.encode(), b"1800000000." + BODY, "sha256").hex()
    assert value == f"t=1800000000,v1={mac}"
    others = {
        signature(SECRET, BODY, at=1_800_000_001),
        signature(SECRET, BODY + b" ", at=1_800_000_000),
        signature("another", BODY, at=1_800_000_000),
    }
    assert len({value.partition("v1=")[2], *(other.partition("v1=")[2] for other in others)}) == 4


def test_what_is_sent_again_is_signed_for_its_own_time_and_has_the_same_body(end: End) -> None:
    for at in (1_800_000_000.7, 1_800_000_060.2):
        assert send(letter(f"http://localhost:{end.port}/in"), clock=lambda at=at: at).code == "taken"
    (first, body), (second, again) = end.taken
    assert first[SIGNATURE] == signature(SECRET, BODY, at=1_800_000_000)
    assert second[SIGNATURE] == signature(SECRET, BODY, at=1_800_000_060)
    assert body == again == BODY


def test_a_name_is_looked_up_once_and_what_was_looked_at_is_called(end: End) -> None:
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    outcome = send(letter(f"http://hooks.example.org:{end.port}/in"), resolve=rebinding)
    assert (outcome.code, outcome.http_status) == ("taken", 204)
    assert asked == ["hooks.example.org"]
    assert end.taken[0][0]["Host"] == f"hooks.example.org:{end.port}"


@pytest.mark.parametrize("found", [["169.254.169.254"], ["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], []])
def test_a_name_that_leads_inside_when_it_is_called_is_not_called(
    end: End, settings: object, found: list[str]
) -> None:
    settings.CALLBACKS_PUBLIC_ONLY = True
    outcome = send(letter(f"https://hooks.example.org:{end.port}/in"), resolve=lambda host, port: found)
    assert (outcome.code, outcome.http_status, end.taken) == ("unfit", None, [])


def test_an_end_that_drips_its_answer_holds_nobody_up(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CALLBACKS_PUBLIC_ONLY = False
    monkeypatch.setattr(webhooks, "WITHIN_S", 0.5)
    end = End(drips=True)
    try:
        begun = time.monotonic()
        assert send(letter(f"http://127.0.0.1:{end.port}/")).code == "timeout"
        assert time.monotonic() - begun < 3
    finally:
        end.stop()


def test_an_end_without_a_certificate_for_its_name_is_not_told(end: End) -> None:
    assert send(letter(f"https://localhost:{end.port}/in")).code == "unreachable"
    assert end.taken == []


def test_waits_grow_and_last_for_hours() -> None:
    assert list(WAITS) == sorted(WAITS) and sum(wait.total_seconds() for wait in WAITS) > 8 * 3600
