"""The product as a person runs it: `manage.py up` in a folder of its own, ended by Ctrl-C. For tests of the whole.

Knows the processes below it and how to end one; nothing of what they serve.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe

from pixelated.supervise.private_files import last_lines
from pixelated.supervise.processes import HOST, ROOT, free_port
from pixelated.supervise.quarters import temporary_home

MODELS = ROOT / "var" / "models"
PASSWORD = "willow-lane-and-rain"
READY = "Pixelated Empathy is ready"
_OURS = re.compile(r"^(DATABASE|REDIS|INFERENCE|PIXELATED)_")


class Stack:
    """A running installation; `lines` is what it printed."""

    def __init__(self, home: Path, *, engine: str, environment: Mapping[str, str]) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://{HOST}:{self.port}"
        ours = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        self._environment = ours | {
            "PIXELATED_DEMO_PASSWORD": PASSWORD,
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        options = ["--port", str(self.port), "--data-dir", str(home), "--engine", engine]
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *options],
            cwd=ROOT,
            env=self._environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def note(self) -> dict[str, str]:
        """The addresses and secrets its processes were given."""
        return json.loads((self.home / "running.json").read_text())

    def times_said(self, words: str) -> int:
        return sum(words in line for line in self.lines)

    def wait(self, condition: Callable[[], bool], *, within_s: float) -> float:
        """Seconds until it held."""
        begun = time.monotonic()
        while not condition():
            assert self.process.poll() is None, self.last_words()
            assert time.monotonic() - begun < within_s, f"not within {within_s} s\n{self.last_words()}"
            time.sleep(0.05)
        return time.monotonic() - begun

    def get(self, path: str, *, timeout_s: float = 3.0) -> tuple[int, str]:
        """Status and body; (0, "") where nobody answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def is_ready(self) -> bool:
        return self.get("/health/ready")[0] == 200

    def pids(self, program: str) -> list[int]:
        """Processes of this installation with these words in their command, oldest first."""
        return sorted(pid for pid, command in descendants(self.process.pid).items() if program in command)

    def kill(self, program: str) -> int:
        """kill -9 the one process whose command holds these words; its pid."""
        pid = self.pids(program)[0]
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def nothing_restarts(self) -> Iterator[None]:
        """Holds the supervisor still, so that what is killed stays away."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A `manage.py` command in another terminal, on the same data."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self._environment | {"PIXELATED_DATA_DIR": str(self.home)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def last_words(self) -> str:
        """What it printed last, and the end of each process's log."""
        logs = sorted((self.home / "log").glob("*.log"))
        ends = ["\n".join([f"--- {log.name}", *last_lines(log, 8)]) for log in logs]
        return "\n".join(["".join(self.lines[-25:]), *ends])

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=25)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(timeout=5)
            self.process.stdout.close()


@contextmanager
def running_stack(*, engine: str = "worker", environment: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """A fresh installation that is ready; its data are gone afterwards."""
    with temporary_home() as home:
        if MODELS.is_dir():
            (home / "models").symlink_to(MODELS)
        stack = Stack(home, engine=engine, environment=environment or {})
        try:
            stack.wait(lambda: stack.times_said(READY) > 0, within_s=120)
            yield stack
        finally:
            stack.close()


class SlowWorker:
    """`tests.slow_worker`, killed and started again by the test itself."""

    def __init__(self, *, tokens_per_s: int) -> None:
        self.port, self._pace = free_port(), tokens_per_s
        self._secret = token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        """What an installation is told to use it."""
        return {"INFERENCE_URL": f"http://{HOST}:{self.port}", "PIXELATED_WORKER_SECRET": self._secret}

    def start(self) -> None:
        ours = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.slow_worker", str(self.port), str(self._pace)],
            cwd=ROOT,
            env=ours | {"PIXELATED_WORKER_SECRET": self._secret},
        )
        deadline = time.monotonic() + 30
        while not self._listens():
            assert time.monotonic() < deadline, "the slow worker does not start"
            assert self._process.poll() is None, "the slow worker ended"
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=5)


def descendants(pid: int) -> dict[int, str]:
    """Every process below this one, with its command line."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
    below: dict[int, str] = {}
    frontier = {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        below.update((child, _command(child)) for child in frontier)
    return below


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
