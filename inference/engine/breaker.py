"""Stops asking a service that keeps failing, and then lets one ask at a time until it answers again.

    closed     everybody may ask; `failures` in a row open it
    open       nobody may, for `rest_s`
    half_open  one may: if it is answered the breaker closes, if not it opens again

A state machine over a clock that is handed in: no timers, no threads, and nothing of what is asked. Used by one thread.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Leave:
    """May ask once. Given back with how it went; one from before the breaker last changed says nothing any more."""

    spell: int


class Breaker:
    """Every `Leave` is given back once, by `succeeded`, `failed` or `withdrew`."""

    def __init__(
        self, *, failures: int = 5, rest_s: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_failures, self._rest_s, self._clock = failures, rest_s, clock
        self._failures = 0
        self._opened_at: float | None = None
        self._is_tried = False
        self._spell = 0

    @property
    def state(self) -> BreakerState:
        if self._opened_at is None:
            return BreakerState.CLOSED
        rested = self._clock() - self._opened_at >= self._rest_s
        return BreakerState.HALF_OPEN if rested else BreakerState.OPEN

    def admit(self) -> Leave | None:
        """Leave to ask, or None."""
        state = self.state
        if state is BreakerState.OPEN or (state is BreakerState.HALF_OPEN and self._is_tried):
            return None
        self._is_tried = state is BreakerState.HALF_OPEN
        return Leave(self._spell)

    def succeeded(self, leave: Leave) -> None:
        """The service did its part."""
        if leave.spell != self._spell:
            return
        self._failures = 0
        if self._opened_at is not None:
            self._change(None)

    def failed(self, leave: Leave) -> None:
        if leave.spell != self._spell:
            return
        self._failures += 1
        if self._opened_at is not None or self._failures >= self._most_failures:
            self._change(self._clock())

    def withdrew(self, leave: Leave) -> None:
        """Whoever asked left before it could be told."""
        if leave.spell == self._spell:
            self._is_tried = False

    def _change(self, opened_at: float | None) -> None:
        self._opened_at = opened_at
        self._failures, self._is_tried = 0, False
        self._spell += 1
