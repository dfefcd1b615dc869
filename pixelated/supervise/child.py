"""One process of ours: started, asked whether it is ready, stopped. Knows nothing of what it does."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixelated.supervise.account import Account
from pixelated.supervise.errors import ServiceStartError
from pixelated.supervise.private_files import last_lines, open_log

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _nothing() -> None:
    """A process that needs no preparation."""


@dataclass(frozen=True)
class ChildSpec:
    """How to start a process, and how to know that it serves.

    `ready` is asked every twentieth of a second; False and OSError mean not yet. `prepare` runs before each
    start.
    `ready_within_s` bounds the wait at start, `stop_within_s` the wait between `stop_signal` and the kill.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = _nothing
    account: Account | None = None
    folder: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within_s: float = 60.0
    stop_within_s: float = 8.0


@dataclass
class Child:
    """A process that ends with us: its kernel sends it `stop_signal` when the thread that started it ends.

    It has its own process group, so that a Ctrl-C at the terminal reaches only us and we choose the order.
    """

    spec: ChildSpec
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _group_ended: bool = field(default=False, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        """None while it runs or where it never ran; negative for a signal."""
        return self._process.poll() if self._process is not None else None

    def spawn(self) -> None:
        """Start the process without waiting until it is ready.

        Raises:
            ServiceStartError: when it cannot be executed.
        """
        spec = self.spec
        spec.prepare()
        log = open_log(spec.log)
        account = spec.account
        self._group_ended = False
        try:
            self._process = subprocess.Popen(
                spec.argv,
                env=dict(spec.environment),
                cwd=spec.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(spec.stop_signal),
                user=account.user if account else None,
                group=account.group if account else None,
                extra_groups=[] if account else None,
            )
        except OSError as error:
            raise ServiceStartError(f"{spec.name} could not be started: {error}.") from error
        finally:
            os.close(log)

    def ready(self) -> bool:
        """Whether it serves at this moment.

        Raises:
            ServiceStartError: when it ended instead.
        """
        if not self.alive():
            raise ServiceStartError(self.obituary())
        try:
            return self.spec.ready()
        except OSError:
            return False

    def wait_ready(self) -> float:
        """Seconds until it served.

        Raises:
            ServiceStartError: when it ended, or took longer than `ready_within_s`.
        """
        begun = time.monotonic()
        while not self.ready():
            if time.monotonic() - begun > self.spec.ready_within_s:
                raise ServiceStartError(
                    f"{self.spec.name} was not ready within {self.spec.ready_within_s:.0f} s."
                    f" Its log: {self.spec.log}"
                )
            time.sleep(0.05)
        return time.monotonic() - begun

    def ask_to_stop(self) -> None:
        """Send `stop_signal`; does not wait."""
        if self.alive():
            self._process.send_signal(self.spec.stop_signal)

    def kill(self) -> None:
        """End it and what it started, at once."""
        if self._process is None or self._group_ended:
            return
        # Nobody may be left of it; macOS calls that a lack of permission.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=5)
        self._group_ended = True  # The number may be another program's from here on.

    def stop(self) -> None:
        """Ask, wait `stop_within_s`, then kill. Nothing to do where it has ended."""
        stop_together([self], within_s=self.spec.stop_within_s)

    def obituary(self) -> str:
        """How it ended and its last words, for the terminal."""
        code = self.exit_code()
        how = f"ended with code {code}"
        if code is not None and code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        lines = "".join(f"\n    {line}" for line in last_lines(self.spec.log))
        return f"{self.spec.name} {how}. The end of {self.spec.log}:{lines or ' (empty)'}"


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """For `preexec_fn`: what a child does between fork and exec: one system call, through a library loaded before."""
    if _LIBC is None:
        return None
    prctl = _LIBC.prctl
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def stop_together(
    children: list[Child], *, within_s: float, hurried: Callable[[], bool] = lambda: False
) -> None:
    """Ask all at once, in the order given; kill those left after `within_s`, or as soon as `hurried` says so."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + within_s
    while any(child.alive() for child in children):
        if hurried() or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    for child in children:
        child.kill()
