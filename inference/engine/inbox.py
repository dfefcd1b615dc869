"""Carries what the worker's thread says to the coroutine that waits for it. Torch-free; knows no job."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Generic, TypeVar

from inference.contracts import FinishedEvent
from inference.errors import InferenceError

T = TypeVar("T")


class Inbox(Generic[T]):
    """Made in the event loop that reads it; `emit` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[T | InferenceError] = asyncio.Queue()

    def emit(self, event: T | InferenceError) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody is left to hear
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    async def take(self) -> T:
        event = await self._queue.get()
        if isinstance(event, InferenceError):
            raise event
        return event

    def events(self, cancel: Callable[[], None]) -> "Events[T]":
        return Events(self, cancel)


class Events(Generic[T]):
    """The events up to and with the FinishedEvent. `aclose` cancels, also before the first event was asked for,
    which an async generator would not do."""

    def __init__(self, inbox: Inbox[T], cancel: Callable[[], None]) -> None:
        self._inbox, self._cancel = inbox, cancel
        self._is_over = False

    def __aiter__(self) -> "Events[T]":
        return self

    async def __anext__(self) -> T:
        if self._is_over:
            raise StopAsyncIteration
        try:
            event = await self._inbox.take()
        except InferenceError:
            self._is_over = True
            raise
        self._is_over = isinstance(event, FinishedEvent)
        return event

    async def aclose(self) -> None:
        self._is_over = True
        self._cancel()


def settler(
    loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]"
) -> Callable[[T | InferenceError], None]:
    """A function for another thread that settles `future`; one that nobody waits for any more is left alone."""

    def settle(outcome: T | InferenceError) -> None:
        if future.done():
            return
        if isinstance(outcome, InferenceError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def from_thread(outcome: T | InferenceError) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed
            loop.call_soon_threadsafe(settle, outcome)

    return from_thread
