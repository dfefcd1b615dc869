"""A session's browser without a screen: keeps its socket open, resumes, sends again what was not acknowledged, and
notes every frame, so that a test can ask whether anything was lost, doubled or out of order."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from uuid import uuid4

import httpx
import websockets

from apps.chat.load import csrf, sign_in
from tests.stack import PASSWORD

Frame = dict[str, object]
ANSWER_S = 60.0
# A scripted line that repeats an earlier one is replaced by the author's.
ANSWERS = {"ANSWERED", "REPLACED"}
LOST = (OSError, websockets.WebSocketException, TimeoutError)


@dataclass(frozen=True)
class Visitor:
    """A signed-in person: where, and by which cookie."""

    url: str
    cookie: str

    def browser(self) -> httpx.AsyncClient:
        headers = {"Cookie": self.cookie}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    async def start_sessions(self, count: int) -> list[str]:
        """Ids of new sessions with Marcus."""
        async with self.browser() as browser:
            token = csrf((await browser.get("/practice/clients/marcus-bell/")).text)
            form = {"csrfmiddlewaretoken": token}
            answers = [
                await browser.post("/practice/clients/marcus-bell/start/", data=form) for _ in range(count)
            ]
        return [answer.headers["location"].rstrip("/").rsplit("/", 1)[-1] for answer in answers]


async def signed_in(url: str, who: str) -> Visitor:
    async with httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=30, trust_env=False) as browser:
        await sign_in(browser, f"{who}@example.org", PASSWORD)
        return Visitor(url, "; ".join(f"{name}={value}" for name, value in browser.cookies.items()))


class Talker:
    """One session. `frames` by number; `doubled` are frames that came twice, `errors` those outside the order."""

    def __init__(self, visitor: Visitor, encounter: str) -> None:
        self._visitor, self.encounter = visitor, encounter
        self.frames: dict[int, Frame] = {}
        self.doubled: list[Frame] = []
        self.errors: list[Frame] = []
        self.connections = 0
        self._socket: websockets.ClientConnection | None = None
        self._news = asyncio.Condition()
        self._resumed = False
        self._keeping = asyncio.create_task(self._keep_open())

    async def connected(self) -> None:
        await self.until(lambda: self._resumed)

    async def close(self) -> None:
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep_open(self) -> None:
        while True:
            with contextlib.suppress(*LOST):
                await self._listen()
            self._resumed, self._socket = False, None
            await asyncio.sleep(0.3)

    async def _listen(self) -> None:
        address = self._visitor.url.replace("http", "ws", 1) + f"/ws/encounters/{self.encounter}/"
        headers = {"Cookie": self._visitor.cookie}
        async with websockets.connect(
            address, additional_headers=headers, origin=self._visitor.url, proxy=None
        ) as socket:
            self.connections += 1
            self._socket = socket
            await socket.send(json.dumps({"type": "resume", "after_seq": max(self.frames, default=0)}))
            async for message in socket:
                await self._take(json.loads(message))

    async def _take(self, frame: Frame) -> None:
        async with self._news:
            if frame["type"] == "resumed":
                self._resumed = True
            if frame["type"] == "error":
                self.errors.append(frame)
            if frame["seq"]:
                if frame["seq"] in self.frames:
                    self.doubled.append(frame)
                self.frames[frame["seq"]] = frame
            self._news.notify_all()

    async def until(self, condition: object, *, within_s: float = ANSWER_S) -> None:
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(condition)

    async def send(self, **frame: object) -> None:
        await self.send_text(json.dumps(frame))

    async def send_text(self, message: str) -> None:
        """Into the socket as it is; lost where that is closed."""
        with contextlib.suppress(*LOST):
            if self._socket is not None:
                await self._socket.send(message)

    async def say(self, text: str, *, within_s: float = ANSWER_S) -> Frame:
        """Say it; again on a new connection, and where it was refused. The acceptance."""
        client_id = str(uuid4())
        said_on = refusals = 0
        async with asyncio.timeout(within_s):
            while (accepted := self._accepted(client_id)) is None:
                refused = sum(error.get("client_id") == client_id for error in self.errors)
                if self._resumed and (said_on != self.connections or refused > refusals):
                    said_on, refusals = self.connections, refused
                    await self.send(type="turn.send", client_id=client_id, text=text)
                with contextlib.suppress(TimeoutError):
                    await self.until(lambda: self._accepted(client_id) is not None, within_s=0.5)
        return accepted

    def _accepted(self, client_id: str) -> Frame | None:
        return next((frame for frame in self.of("turn.accepted") if frame["client_id"] == client_id), None)

    async def finished(self, accepted: Frame, *, within_s: float = ANSWER_S) -> Frame:
        """How the turn ended."""

        def ending() -> Frame | None:
            mine = (f for f in self.of("turn.finished") if f["turn_id"] == accepted["turn_id"])
            return next(mine, None)

        await self.until(lambda: ending() is not None, within_s=within_s)
        return ending()

    def of(self, kind: str) -> list[Frame]:
        return [frame for _, frame in sorted(self.frames.items()) if frame["type"] == kind]

    def segments(self, turn_id: object) -> list[str]:
        return [str(frame["text"]) for frame in self.of("turn.segment") if frame["turn_id"] == turn_id]

    async def check_against_the_record(self) -> None:
        """A page opened afresh gets exactly what was seen here, once each and without a gap."""
        fresh = Talker(self._visitor, self.encounter)
        try:
            await fresh.connected()
            assert list(fresh.frames) == list(range(1, len(fresh.frames) + 1))
            await self.until(lambda: len(self.frames) >= len(fresh.frames), within_s=10)
        finally:
            await fresh.close()
        assert self.frames == fresh.frames
        assert self.doubled == []
        assert fresh.doubled == []
