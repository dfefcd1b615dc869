"""A signed-in browser's socket, driven against the real consumer, database and services."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from apps.core import engines, store
from apps.core.organisation import acting_for
from apps.encounters.models import Encounter
from apps.practice.services import start_practice
from inference.testing import ScriptedEngine
from pixelated.asgi import application
from tests.cast import CastMember
from tests.factories import a_version

HOST = "testserver"
LIMIT_S = 10.0


@pytest.fixture(autouse=True)
def hosts(settings: object) -> None:
    settings.ALLOWED_HOSTS = [HOST]


@pytest.fixture
def encounter(ada: CastMember) -> Encounter:
    with acting_for(ada.actor.organisation_id):
        return start_practice(a_version(ada.actor.organisation_id), actor=ada.actor, seed=7)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ScriptedEngine]]:
    """Puts the one hand-written fake at the engine: `engine(lines=[...], hold=event, ...)`."""

    def use(**kwargs: object) -> ScriptedEngine:
        fake = ScriptedEngine(**kwargs)
        monkeypatch.setattr("apps.chat.runner.reply_source", lambda: fake)
        return fake

    use(lines=("It is what it is, I suppose.", "Everyone at work does the same."))
    yield use
    assert engines.reply_source  # the seam under test still exists by this name


@pytest.fixture(autouse=True)
def threads_are_done() -> Iterator[None]:
    """Work of a socket that went away goes on in its thread: wait for it, or the flush would meet its locks."""
    yield
    everyone = threading.Barrier(store.THREADS + 1)
    for _ in range(store.THREADS):
        store._pool.submit(everyone.wait, LIMIT_S)
    everyone.wait(LIMIT_S)


def session_of(member: CastMember) -> str:
    """A session as the log-in page would make it."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    session.create()
    return session.session_key


class Browser:
    """One socket with helpers that read until something happens."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.socket = communicator
        self.frames: list[dict[str, object]] = []

    async def say(self, **frame: object) -> None:
        await self.socket.send_to(text_data=json.dumps(frame))

    async def send_turn(self, text: str, **more: object) -> str:
        client_id = str(uuid4())
        await self.say(**({"type": "turn.send", "client_id": client_id, "text": text} | more))
        return client_id

    async def receive(self) -> dict[str, object]:
        frame = json.loads(await self.socket.receive_from(timeout=LIMIT_S))
        self.frames.append(frame)
        return frame

    async def until(self, kind: str) -> dict[str, object]:
        """The next frame of this type; those before it are kept in `frames`."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                frame = await self.receive()
                if frame["type"] == kind:
                    return frame

    async def resume(self, after_seq: int = 0) -> list[dict[str, object]]:
        """Everything after a number, as a page that reconnects gets it."""
        start = len(self.frames)
        await self.say(type="resume", after_seq=after_seq)
        await self.until("resumed")
        return self.frames[start:-1]


def communicator(
    encounter_id: object, session_key: str = "", *, origin: str | None = f"http://{HOST}"
) -> WebsocketCommunicator:
    headers = [(b"host", HOST.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if session_key:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_key}".encode()))
    return WebsocketCommunicator(application, f"/ws/encounters/{encounter_id}/", headers=headers)


@pytest.fixture
async def open_browser(encounter: Encounter, ada: CastMember) -> AsyncIterator[Callable[..., object]]:
    """Opens a socket as a member of the cast; closes all of them afterwards."""
    opened: list[WebsocketCommunicator] = []
    keys = {"ada": await asyncio.to_thread(_session_in_thread, ada)}

    async def open_one() -> Browser:
        socket = communicator(encounter.pk, keys["ada"])
        connected, code = await socket.connect(timeout=LIMIT_S)
        assert connected, code
        opened.append(socket)
        return Browser(socket)

    yield open_one
    for socket in opened:
        await socket.disconnect()


def _session_in_thread(member: CastMember) -> str:
    from django.db import connection  # this thread's own

    try:
        return session_of(member)
    finally:
        connection.close()
