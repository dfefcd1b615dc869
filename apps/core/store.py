"""The one seam between the event loop and Django's synchronous services.

Work runs on a bounded pool of threads of its own: never on the loop, never on Django's single thread-sensitive one,
where one slow query would stall every session. Each piece of work is one transaction for one organisation.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from django.db import connections

from apps.core.errors import UnavailableError
from apps.core.organisation import acting_for

THREADS = 8
MOST_WAITING = 400
Answer = TypeVar("Answer")

_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="store")
_waiting = 0


class StoreBusyError(UnavailableError):
    """More work waits than can be done in time; ask again after a moment."""

    code = "busy"


async def in_store(organisation_id: UUID, work: Callable[[], Answer]) -> Answer:
    """Run `work` in a transaction that sees this organisation's rows.

    Raises:
        StoreBusyError: the queue is full.
    """

    def walled() -> Answer:
        with acting_for(organisation_id):
            return work()

    return await outside_walls(walled)


async def outside_walls(work: Callable[[], Answer]) -> Answer:
    """Run `work` where no organisation is known yet: who signed in, for one.

    Raises:
        StoreBusyError: the queue is full.
    """
    global _waiting
    if _waiting >= MOST_WAITING:
        raise StoreBusyError
    _waiting += 1
    context = contextvars.copy_context()
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, context.run, _and_give_back, work)
    finally:
        _waiting -= 1


def _and_give_back(work: Callable[[], Answer]) -> Answer:
    """Connections return to the pool after each piece of work, as CONN_MAX_AGE is 0."""
    try:
        return work()
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
