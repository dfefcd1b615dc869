"""Reads the frames a page receives over its socket, to compare what is shown with what came."""

import json

from playwright.sync_api import Page, WebSocket

Frame = dict[str, object]


class Wire:
    """Every frame of a page's sockets in the order of arrival; `socket_count` grows with each reconnection."""

    def __init__(self, page: Page) -> None:
        self.frames: list[Frame] = []
        self.socket_count = 0
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        self.socket_count += 1
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        self.frames.append(json.loads(payload))

    def of(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def replies(self) -> list[str]:
        """What the client said in each turn, in the order the turns were accepted, segments joined by a space."""
        turns = dict.fromkeys(frame["turn_id"] for frame in self.of("turn.accepted"))
        numbered = {frame["seq"]: frame for frame in self.of("turn.segment")}
        segments = [frame for _, frame in sorted(numbered.items())]
        return [
            " ".join(str(frame["text"]) for frame in segments if frame["turn_id"] == turn) for turn in turns
        ]
