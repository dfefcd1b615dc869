"""Starts children in order, watches them, starts a crashed one again, stops all in reverse. Knows nothing of Django.

Everything happens on the thread that calls `run`, which must be the main thread: signals arrive there, and children
end when it does.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pixelated.supervise.child import Child, die_with_parent, stop_together
from pixelated.supervise.errors import ServiceStartError, SuperviseError

Say = Callable[[str], None]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_HEALTHY_AFTER_S = 60.0
_HOPELESS_CRASHES = 3
_TICK_S = 0.1
_STOP_OTHERS_WITHIN_S = 6.0
_STOP_STORES_WITHIN_S = 4.0
_STILL_STARTING_EVERY_S = 5.0


class StopAsked(Exception):
    """Someone pressed Ctrl-C or sent SIGTERM while something was starting."""


@dataclass
class Watched:
    """A child and what its restarts depend on. Times are of the monotonic clock, in seconds.

    A store holds what the others work on: it is stopped after them.
    """

    child: Child
    store: bool
    begun: float = 0.0
    serving: bool = False
    crashes: int = 0
    next_start: float | None = None
    last_said: float = 0.0

    @property
    def name(self) -> str:
        return self.child.spec.name


@dataclass(frozen=True)
class Step:
    """A command that runs to its end, begun at a moment of the monotonic clock."""

    name: str
    process: subprocess.Popen[str]
    begun: float

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        """End it and what it started; nothing to do where it has ended."""
        if not self.ended:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Owns its children. `say` is given one line per event, for the person at the terminal."""

    def __init__(self, say: Say, *, first_pause_s: float = _FIRST_PAUSE_S) -> None:
        self._say = say
        self._first_pause_s = first_pause_s
        self._watched: list[Watched] = []
        self._steps: list[Step] = []
        self._signals = 0

    def listen(self) -> None:
        """From here on Ctrl-C, SIGTERM and a closed terminal ask to stop; a second one kills."""
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # As nohup asks.
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def begin(self, child: Child, *, store: bool = False) -> Watched:
        """Start a child without waiting for it.

        Raises:
            ServiceStartError: when it cannot be executed.
        """
        watched = Watched(child, store)
        self._watched.append(watched)
        self._say(f"starting {watched.name} ...")
        watched.begun = watched.last_said = time.monotonic()
        child.spawn()
        return watched

    def wait(self, watched: Watched, *, at_most_s: float | None = None) -> bool:
        """Wait until the child serves; False when `at_most_s` passed or it crashed thrice. Others are watched too.

        Raises:
            ServiceStartError: without `at_most_s`, when it ends or is not ready within its own limit.
            StopAsked: when someone asked to stop.
        """
        deadline = None if at_most_s is None else time.monotonic() + at_most_s
        while not watched.serving:
            self._stop_if_asked()
            if deadline is not None and (time.monotonic() > deadline or watched.crashes == _HOPELESS_CRASHES):
                return False
            if deadline is None and watched.crashes:
                raise ServiceStartError(f"{watched.name} does not start; what it said is above.")
            self.tick()
        return True

    def begin_step(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        environment: Mapping[str, str],
        folder: Path,
        shown: bool = False,
    ) -> Step:
        """Start a command that runs to its end, in `folder`.

        `shown` lets it print for itself, where it has progress to tell.
        """
        self._say(f"{name} ...")
        process = subprocess.Popen(
            argv,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        step = Step(name, process, time.monotonic())
        self._steps.append(step)
        return step

    def end_step(self, step: Step, *, limit_s: float) -> str:
        """Wait until the command has ended; what it printed.

        Raises:
            ServiceStartError: when it failed or took longer than `limit_s`, with what it printed.
            StopAsked: when someone asked to stop; the command is ended.
        """
        try:
            printed = self._until_end(step, deadline=step.begun + limit_s)
        finally:
            step.kill()
            self._steps.remove(step)
        if step.process.returncode != 0:
            raise ServiceStartError(
                f"{step.name} failed with code {step.process.returncode}:\n{printed.strip()}"
            )
        self._say(f"{step.name}: done in {time.monotonic() - step.begun:.1f} s")
        return printed

    def _until_end(self, step: Step, *, deadline: float) -> str:
        while True:
            try:
                return step.process.communicate(timeout=_TICK_S)[0] or ""
            except subprocess.TimeoutExpired:
                self._stop_if_asked()
                self.tick(pause=False)
                if time.monotonic() > deadline:
                    raise ServiceStartError(f"{step.name} did not end in time.") from None

    def run(self) -> None:
        """Watch until someone asks to stop."""
        while not self._signals:
            self.tick()

    def stop_all(self) -> None:
        """Stop in reverse order, stores last, within ten seconds; a second signal kills what is left."""
        self._say("stopping ...")
        for step in self._steps:
            step.kill()
        for store, within_s in ((False, _STOP_OTHERS_WITHIN_S), (True, _STOP_STORES_WITHIN_S)):
            children = [watched.child for watched in reversed(self._watched) if watched.store is store]
            stop_together(children, within_s=within_s, hurried=lambda: self._signals > 1)
        self._say("stopped")

    def _stop_if_asked(self) -> None:
        if self._signals:
            raise StopAsked

    def tick(self, *, pause: bool = True) -> None:
        """Look at each child once: ask those that start, restart those that crashed."""
        for watched in self._watched:
            self._look_at(watched)
        if pause:
            time.sleep(_TICK_S)

    def _look_at(self, watched: Watched) -> None:
        moment = time.monotonic()
        if watched.next_start is not None:
            if moment >= watched.next_start:
                self._start_again(watched)
        elif not watched.child.alive():
            self._postpone(watched, watched.child.obituary())
        elif not watched.serving:
            self._ask_whether_ready(watched)
        elif watched.crashes and moment - watched.begun > _HEALTHY_AFTER_S:
            watched.crashes = 0

    def _start_again(self, watched: Watched) -> None:
        watched.next_start = None
        watched.begun = watched.last_said = time.monotonic()
        try:
            watched.child.spawn()
        except SuperviseError as error:
            self._postpone(watched, str(error))

    def _ask_whether_ready(self, watched: Watched) -> None:
        try:
            watched.serving = watched.child.ready()
        except ServiceStartError:
            return  # It ended between two looks; the next look finds it.
        moment = time.monotonic()
        waited_s = moment - watched.begun
        if watched.serving:
            self._say(f"{watched.name}: ready in {waited_s:.1f} s")
        elif waited_s > watched.child.spec.ready_within_s:
            self._postpone(watched, f"{watched.name} was not ready within {waited_s:.0f} s.")
        elif moment - watched.last_said > _STILL_STARTING_EVERY_S:
            watched.last_said = moment
            self._say(f"{watched.name}: still starting ({waited_s:.0f} s)")

    def _postpone(self, watched: Watched, why: str) -> None:
        """Say what happened and when it is started again: each time twice as late, up to half a minute."""
        pause_s = min(self._first_pause_s * 2**watched.crashes, _LONGEST_PAUSE_S)
        watched.crashes += 1
        watched.serving = False
        watched.next_start = time.monotonic() + pause_s
        watched.child.kill()  # What it started may still be there.
        self._say(f"{why}\n{watched.name}: starting again in {pause_s:.1f} s")
