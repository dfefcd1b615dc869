"""`manage.py up` as a person runs it: one real start, with the scripted engine, in a folder of its own.

The tests go through one installation in order: ready, a second `up`, a killed web, Ctrl-C.
"""

import http.client
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixelated.supervise.processes import HOST, ROOT, free_port
from pixelated.supervise.quarters import temporary_home

pytestmark = pytest.mark.faults
OURS = re.compile(r"^(DATABASE|REDIS|INFERENCE|PIXELATED)_")


class Terminal:
    """A running `up` and everything it printed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.process = subprocess.Popen(self.command, **self.surroundings, stdout=subprocess.PIPE)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def command(self) -> list[str]:
        options = ["--port", str(self.port), "--data-dir", str(self.home), "--engine", "scripted"]
        return [sys.executable, "manage.py", "up", *options]

    @property
    def surroundings(self) -> dict[str, object]:
        """As from a shell in which nothing of ours is set but the demo password."""
        environment = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        environment["PIXELATED_DEMO_PASSWORD"] = "willow-lane-9"
        return {"cwd": ROOT, "env": environment, "text": True, "stderr": subprocess.STDOUT}

    def _read(self) -> None:
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def said(self, words: str) -> Callable[[], bool]:
        return lambda: any(words in line for line in self.lines)

    def status(self, path: str) -> int | None:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def wait(self, condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, "".join(self.lines)
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.1)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        self._reader.join(timeout=5)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def up() -> Iterator[Terminal]:
    with temporary_home() as home:
        terminal = Terminal(home)
        try:
            terminal.wait(terminal.said("Pixelated Empathy is ready"))
            yield terminal
        finally:
            terminal.close()


def descendants(pid: int) -> dict[int, str]:
    """Every process below this one, with its command line."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
    below: dict[int, str] = {}
    frontier = {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        for child in frontier:
            below[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
    return below


def left_of(below: dict[int, str], *, within_s: float) -> dict[int, str]:
    """Those still there when the time is over."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in below):
        time.sleep(0.05)
    return {pid: command for pid, command in below.items() if Path(f"/proc/{pid}").exists()}


def test_the_ready_line_gives_the_address_and_the_log_in(up: Terminal) -> None:
    everything = "".join(up.lines)
    assert f"Pixelated Empathy is ready: http://127.0.0.1:{up.port}/" in everything
    assert "ada@example.org" in everything
    assert "willow-lane-9" in everything


def test_the_address_answers(up: Terminal) -> None:
    assert [up.status(path) for path in ("/health/live", "/health/ready", "/help-now")] == [200, 200, 200]


def test_what_is_kept_on_disk_is_closed_to_others(up: Terminal) -> None:
    secret = [
        "secrets/secrets.json",
        "postgres/passwords.json",
        "running.json",
        "log/web.log",
        "log/postgres.log",
    ]
    modes = {name: stat.S_IMODE((up.home / name).stat().st_mode) for name in secret}
    assert modes == dict.fromkeys(secret, 0o600)


def test_web_and_celery_cannot_become_the_owner_of_the_tables(up: Terminal) -> None:
    told = {}
    for pid, command in descendants(up.process.pid).items():
        for name in ("daphne", "--queues celery", "--queues batches"):
            if name in command:
                told[name] = Path(f"/proc/{pid}/environ").read_bytes()
    assert set(told) == {"daphne", "--queues celery", "--queues batches"}
    assert all(b"DATABASE_URL=" in environment for environment in told.values())
    assert not any(b"DATABASE_OWNER_URL" in environment for environment in told.values())


def test_a_second_up_on_the_same_data_names_the_running_address(up: Terminal) -> None:
    second = subprocess.run(up.command, **up.surroundings, stdout=subprocess.PIPE, timeout=30)
    assert second.returncode == 1
    assert f"already running on the data in {up.home}: http://127.0.0.1:{up.port}/" in second.stdout


def test_a_command_in_another_terminal_reaches_the_same_database(up: Terminal) -> None:
    environment = {**up.surroundings["env"], "PIXELATED_DATA_DIR": str(up.home)}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("program", "name"), [("daphne", "web"), ("redis-server", "Redis"), ("postgres -D", "PostgreSQL")]
)
def test_a_killed_process_is_named_and_the_product_serves_again(
    up: Terminal, program: str, name: str
) -> None:
    victim = next(pid for pid, command in descendants(up.process.pid).items() if program in command)
    os.kill(victim, signal.SIGKILL)
    up.wait(up.said(f"{name} was ended by SIGKILL"), within_s=5)
    up.wait(lambda: sum(f"{name}: ready in" in line for line in up.lines) == 2, within_s=15)
    up.wait(lambda: up.status("/health/ready") == 200, within_s=15)
    assert victim not in descendants(up.process.pid)


def test_one_ctrl_c_stops_everything_and_leaves_no_process(up: Terminal) -> None:
    below = descendants(up.process.pid)
    assert len(below) > 5
    begun = time.monotonic()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=15) == 0, "".join(up.lines)
    assert time.monotonic() - begun < 12
    assert left_of(below, within_s=1) == {}
    assert not (up.home / "running.json").exists()


def test_a_killed_up_leaves_no_process_and_its_data_can_be_used_again() -> None:
    with temporary_home() as home:
        first = Terminal(home)
        first.wait(first.said("Pixelated Empathy is ready"))
        below = descendants(first.process.pid)
        first.process.kill()
        first.close()
        assert left_of(below, within_s=10) == {}

        again = Terminal(home)
        try:
            again.wait(again.said("Pixelated Empathy is ready"))
        finally:
            again.close()
