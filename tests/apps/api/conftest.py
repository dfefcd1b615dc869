"""Callers of the API: keys of the cast, a client that sends JSON, and the one hand-written fake at the engine."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import uvicorn
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import AsyncClient

from apps.api import limits
from apps.api.services import LIFE, MadeKey, create_key
from apps.audit.models import Entry
from apps.core import store
from apps.core.organisation import acting_for
from inference.testing import ScriptedEngine
from pixelated.asgi import application
from tests.cast import CastMember

COMPANION_LINES = ("It sounds as if the evenings are the hardest.", "What happens in them?")


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()
    limits._alone.until = 0.0


@pytest.fixture(autouse=True)
def threads_are_done() -> Iterator[None]:
    """Work of a request that went away goes on in its thread: wait for it, or the flush would meet its locks."""
    yield
    everyone = threading.Barrier(store.THREADS + 1)
    for _ in range(store.THREADS):
        store._pool.submit(everyone.wait, 10)
    everyone.wait(10)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedEngine]:
    """`engine(lines=[...], assessment=..., fail_with=...)` puts a scripted engine behind the API."""

    def use(**options: object) -> ScriptedEngine:
        fake = ScriptedEngine(**({"lines": COMPANION_LINES} | options))
        for module in ("answering", "exchange", "inferring", "tasks", "endpoints.health"):
            monkeypatch.setattr(f"apps.api.{module}.reply_source", lambda: fake)
        return fake

    use()
    return use


def a_key(member: CastMember, *scopes: str, life: timedelta = LIFE) -> MadeKey:
    return create_key(member.actor, scopes=scopes or ("infer",), by=member.actor, name="tests", life=life)


class Caller:
    """Another system with a key."""

    def __init__(self, key: str = "") -> None:
        self._http = AsyncClient()
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def get(self, path: str, **headers: str) -> HttpResponse:
        return await self._http.get(f"/api/v1/{path}", headers=self._headers | headers)

    async def post(self, path: str, body: object = None, *, raw: bytes | None = None) -> HttpResponse:
        data = json.dumps(body).encode() if raw is None else raw
        return await self._http.post(
            f"/api/v1/{path}", data=data, content_type="application/json", headers=self._headers
        )


@pytest.fixture
def ada_calls(ada: CastMember, engine: object) -> Caller:
    """Ada's system, which may ask for replies and start sessions."""
    return Caller(a_key(ada, "infer", "encounters").text)


@pytest.fixture
def omar_calls(omar: CastMember, engine: object) -> Caller:
    """Omar's, which may reload the model too."""
    return Caller(a_key(omar, "infer", "admin").text)


async def in_thread(work: Callable[..., object], *args: object) -> object:
    """Synchronous work of a test, beside the loop, on a connection of its own."""

    def alone() -> object:
        try:
            return work(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(alone)


async def audited(member: CastMember, action: str) -> list[dict[str, object]]:
    """What the log holds of this action in the member's organisation, oldest first."""

    def read() -> list[dict[str, object]]:
        with acting_for(member.organisation.pk):
            return [json.loads(bytes(entry.body)) for entry in Entry.objects.order_by("seq")]

    return [entry for entry in await in_thread(read) if entry["action"] == action]


@pytest.fixture
def server(db: None) -> Iterator[str]:
    """The application over HTTP, in this process, so that what a test puts at the engine is there too; its address."""
    with serving(application) as address:
        yield address


@contextmanager
def serving(app: object) -> Iterator[str]:
    """An ASGI application on a port of its own."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=2
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        for _ in range(200):
            if server.started:
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
