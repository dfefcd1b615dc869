"""A cable between the browser and the installation that can be pulled: a forwarding socket, as real as a network."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from pixelated.supervise.processes import HOST


class Cable:
    """Forwards connections to `port` until `pull`; none come through until `plug`."""

    def __init__(self, port: int) -> None:
        self._to = (HOST, port)
        self._plugged = True
        self._ends: list[socket.socket] = []
        self._listening = socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        self._plugged = False
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        self._plugged = True

    def close(self) -> None:
        self.pull()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed while waiting
            while True:
                near = self._listening.accept()[0]
                if self._plugged:
                    self._join(near, socket.create_connection(self._to))
                else:
                    near.close()

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        self._ends += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65_536):
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def laid_cable(port: int) -> Iterator[Cable]:
    cable = Cable(port)
    try:
        yield cable
    finally:
        cable.close()
