"""Lets what is short pass between two steps of what is long: an assessment goes before generation.

Torch-free; knows neither. Only one of both is ever inside, so that two threads never run the models of one machine
against each other, and a model that one thread at a time may use is safe behind it.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

MOST_IN_A_ROW = 8
"""After so many that went ahead, whoever is behind gets a turn: a flood of assessments must not silence everybody."""


class Gate:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: int | None = None
        self._waiting_ahead = 0
        self._behind: deque[object] = deque()
        self._in_a_row = 0

    @property
    def waiting(self) -> int:
        """How many wait to go ahead."""
        with self._changed:
            return self._waiting_ahead

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Go before everybody who comes by `behind`: waits for at most what is inside, and for others ahead. Passes at
        once for a thread that is inside already."""
        if self._inside == threading.get_ident():
            yield
            return
        with self._changed:
            self._waiting_ahead += 1
            try:
                self._changed.wait_for(lambda: self._inside is None and not self._is_owed())
            finally:
                self._waiting_ahead -= 1
            self._inside = threading.get_ident()
            self._in_a_row += 1
        yield from self._stay()

    @contextmanager
    def behind(self) -> Iterator[None]:
        """Take one step once nobody waits to go ahead; those behind pass in the order in which they came, so that
        whoever comes again at once does not keep the others out."""
        place = object()
        with self._changed:
            self._behind.append(place)
            try:
                self._changed.wait_for(lambda: self._inside is None and self._is_turn_of(place))
            finally:
                self._behind.remove(place)
            self._inside = threading.get_ident()
            self._in_a_row = 0
        yield from self._stay()

    def _is_turn_of(self, place: object) -> bool:
        return self._behind[0] is place and (not self._waiting_ahead or self._is_owed())

    def _is_owed(self) -> bool:
        return bool(self._behind) and self._in_a_row >= MOST_IN_A_ROW

    def _stay(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._inside = None
                self._changed.notify_all()
