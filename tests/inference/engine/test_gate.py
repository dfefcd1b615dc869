"""Who passes first, with threads that are told when to move."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest

from inference.engine.gate import MOST_IN_A_ROW, Gate

LIMIT_S = 5


class Passers:
    """Threads that pass a gate and note it; those inside wait to be let go."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.order: list[str] = []
        self._threads: list[threading.Thread] = []

    def send(self, name: str, way: Callable[[], object], *, until: threading.Event | None = None) -> None:
        def go() -> None:
            with way():
                self.order.append(name)
                if until is not None:
                    until.wait(LIMIT_S)

        self._threads.append(threading.Thread(target=go, daemon=True))
        self._threads[-1].start()

    def done(self) -> list[str]:
        for thread in self._threads:
            thread.join(LIMIT_S)
            assert not thread.is_alive()
        return self.order


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(LIMIT_S * 1000):
        if condition():
            return
        pause.wait(0.001)
    pytest.fail("it did not come to that")


def test_who_goes_ahead_passes_before_those_behind_who_came_first() -> None:
    gate, leave = Gate(), threading.Event()
    passers = Passers(gate)
    passers.send("step", gate.behind, until=leave)
    until(lambda: passers.order == ["step"])
    passers.send("next step", gate.behind)
    until(lambda: len(gate._behind) == 1)
    passers.send("assessment", gate.ahead)
    until(lambda: gate.waiting == 1)
    leave.set()
    assert passers.done() == ["step", "assessment", "next step"]


def test_a_flood_ahead_lets_a_step_through_now_and_then() -> None:
    gate, leave = Gate(), threading.Event()
    passers = Passers(gate)
    passers.send("first", gate.ahead, until=leave)
    until(lambda: passers.order == ["first"])
    for number in range(3 * MOST_IN_A_ROW):
        passers.send(f"assessment {number}", gate.ahead)
    until(lambda: gate.waiting == 3 * MOST_IN_A_ROW)
    passers.send("step", gate.behind)
    until(lambda: len(gate._behind) == 1)
    leave.set()
    assert passers.done().index("step") == MOST_IN_A_ROW


def test_whoever_comes_again_at_once_lets_another_behind_through_first() -> None:
    gate, leave = Gate(), threading.Event()
    passers = Passers(gate)

    @contextlib.contextmanager
    def twice() -> Iterator[None]:
        with gate.behind():
            passers.order.append("step")
            leave.wait(LIMIT_S)
        with gate.behind():
            yield

    passers.send("next step", twice)
    until(lambda: passers.order == ["step"])
    passers.send("warm-up", gate.behind)
    until(lambda: len(gate._behind) == 1)
    leave.set()
    assert passers.done() == ["step", "warm-up", "next step"]


def test_whoever_is_inside_may_go_ahead_of_itself() -> None:
    gate = Gate()
    with gate.behind(), gate.ahead():
        assert gate.waiting == 0
    with gate.ahead():
        assert gate.waiting == 0


def test_an_error_inside_leaves_the_gate_open() -> None:
    gate = Gate()
    with pytest.raises(ValueError, match="inside"), gate.behind():
        raise ValueError("inside")
    with gate.ahead():
        assert gate._inside == threading.get_ident()
    assert gate._inside is None
