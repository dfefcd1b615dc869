"""Where words come from: the worker over HTTP, or scripted lines for load tests and a machine without a model."""

import asyncio
import os
from functools import cache
from weakref import WeakKeyDictionary

from django.conf import settings

from inference.client import WorkerClient
from inference.contracts import ReplySource
from inference.testing import ScriptedEngine

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, WorkerClient] = WeakKeyDictionary()


def reply_source() -> ReplySource:
    """The engine this process asks; one client and its connections for each event loop."""
    if settings.ENGINE == "scripted":
        return _scripted()
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = WorkerClient(
            settings.INFERENCE_URL,
            secret=settings.WORKER_SECRET,
            assess_deadline_s=settings.ASSESS_LIMIT_S,
        )
    return _clients[loop]


@cache
def _scripted() -> ScriptedEngine:
    pace = os.environ.get("PIXELATED_SCRIPTED_TOKENS_PER_S")
    return ScriptedEngine(tokens_per_s=float(pace) if pace else None)
