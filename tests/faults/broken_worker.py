"""Stands at the inference worker's place and answers nothing, or nonsense. Knows no protocol of ours."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pixelated.supervise.processes import HOST
from tests.stack import SlowWorker

CANARY = b"zanzibarcanary"
"""Stands in every nonsense: what a broken worker says must get nowhere."""
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"
NONSENSE = {
    "no HTTP": b"\x00\xff " + CANARY + b"\r\n\r\n",
    "a page": _OK + b"<html>" + CANARY + b"</html>\n",
    "no number": _OK + b'{"event":"segment","n":NaN,"text":"' + CANARY + b'"}\n',
    "bad UTF-8": _OK + b'{"event":"segment","n":0,"text":"' + CANARY + b'\xff\xfe"}\n',
    "another event": _OK + b'{"event":"' + CANARY + b'"}\n',
    "10 MB": _OK + b'{"event":"segment","n":0,"text":"' + CANARY + b"a" * 10_000_000 + b'"}\n',
}


class Broken(socketserver.ThreadingTCPServer):
    """`says` is what everybody gets who asks; None: they are let in, and wait."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        self.says: bytes | None = None
        self.over = threading.Event()
        super().__init__((HOST, port), _Asked)


class _Asked(socketserver.BaseRequestHandler):
    server: Broken

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.recv(65536)
            if self.server.says is None:
                self.server.over.wait(60)
            else:
                self.request.sendall(self.server.says)


@contextmanager
def broken_in_place_of(worker: SlowWorker) -> Iterator[Broken]:
    """The worker is killed, and is there again afterwards."""
    worker.kill()
    try:
        with Broken(worker.port) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                yield server
            finally:
                server.over.set()
                server.shutdown()
                thread.join(5)
    finally:
        worker.start()
