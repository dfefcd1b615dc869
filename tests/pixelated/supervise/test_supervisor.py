"""The supervisor with small real processes: order, crashes, restarts, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pixelated.supervise.child import Child, ChildSpec
from pixelated.supervise.errors import ServiceStartError
from pixelated.supervise.supervisor import Step, StopAsked, Supervisor

ROOT = Path(__file__).resolve().parents[3]
SLEEP = "import time; time.sleep(60)"


class Stage:
    """A supervisor, what it said, and small children for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append, first_pause_s=0.1)

    def child(self, name: str, script: str = SLEEP, ready: Callable[[], bool] = lambda: True) -> Child:
        argv = (sys.executable, "-c", script)
        return Child(ChildSpec(name, argv, self.folder / f"{name}.log", dict(os.environ), ready))

    def watch_until(self, condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, self.said
            self.supervisor.tick()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    made = Stage(tmp_path)
    yield made
    made.supervisor.stop_all()
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_each_start_is_said_and_then_that_it_is_ready(stage: Stage) -> None:
    stage.supervisor.wait(stage.supervisor.begin(stage.child("web")))
    assert stage.said[0] == "starting web ..."
    assert stage.said[1].startswith("web: ready in 0.")


@pytest.mark.faults
def test_a_crashed_child_is_named_and_started_again(stage: Stage) -> None:
    child = stage.child("web")
    stage.supervisor.wait(stage.supervisor.begin(child))
    first = child.pid
    os.kill(first, signal.SIGKILL)
    stage.watch_until(lambda: child.alive() and child.pid != first)
    assert any(
        "web was ended by SIGKILL" in line and "starting again in 0.1 s" in line for line in stage.said
    )


@pytest.mark.faults
def test_a_child_that_keeps_crashing_is_started_ever_later_and_its_words_are_shown(stage: Stage) -> None:
    stage.supervisor.begin(stage.child("web", "import sys; sys.exit('no room left')", ready=lambda: False))
    stage.watch_until(lambda: sum("starting again" in line for line in stage.said) == 3)
    crashes = [line for line in stage.said if "starting again" in line]
    assert [line.rsplit(" in ", 1)[1] for line in crashes] == ["0.1 s", "0.2 s", "0.4 s"]
    assert "no room left" in crashes[0]


def test_waiting_for_a_child_that_ends_fails_with_its_name(stage: Stage) -> None:
    watched = stage.supervisor.begin(stage.child("web", "import sys; sys.exit(1)", ready=lambda: False))
    with pytest.raises(ServiceStartError, match="web does not start"):
        stage.supervisor.wait(watched)


def test_waiting_at_most_a_while_returns_that_it_is_not_ready(stage: Stage) -> None:
    watched = stage.supervisor.begin(stage.child("model", ready=lambda: False))
    assert stage.supervisor.wait(watched, at_most_s=0.2) is False


def begin_step(stage: Stage, script: str) -> Step:
    argv = (sys.executable, "-c", script)
    return stage.supervisor.begin_step("seeding", argv, environment=dict(os.environ), folder=ROOT)


def test_a_step_returns_what_it_printed(stage: Stage) -> None:
    assert stage.supervisor.end_step(begin_step(stage, "print('two people')"), limit_s=10) == "two people\n"


def test_a_step_that_fails_shows_what_it_printed(stage: Stage) -> None:
    step = begin_step(stage, "import sys; print('no table'); sys.exit(2)")
    with pytest.raises(ServiceStartError, match=r"seeding failed with code 2:\nno table"):
        stage.supervisor.end_step(step, limit_s=10)


def test_a_step_that_takes_too_long_is_ended(stage: Stage) -> None:
    step = begin_step(stage, SLEEP)
    with pytest.raises(ServiceStartError, match="seeding did not end in time"):
        stage.supervisor.end_step(step, limit_s=0.3)
    assert step.ended


def test_a_step_still_running_when_everything_stops_is_ended(stage: Stage) -> None:
    step = begin_step(stage, SLEEP)
    stage.supervisor.stop_all()
    assert step.ended


def test_a_signal_while_something_starts_ends_the_waiting(stage: Stage) -> None:
    stage.supervisor.listen()
    watched = stage.supervisor.begin(stage.child("model", ready=lambda: False))
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(StopAsked):
        stage.supervisor.wait(watched)


def test_stores_stop_after_those_that_use_them(stage: Stage, tmp_path: Path) -> None:
    script = (
        "import signal, sys, time\n"
        "def leave(*_):\n"
        "    time.sleep(0.3); print(time.monotonic(), flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave); print('listening', flush=True); time.sleep(60)\n"
    )
    for name, store in (("database", True), ("web", False)):
        log = tmp_path / f"{name}.log"
        watched = stage.supervisor.begin(
            stage.child(name, script, ready=lambda log=log: "listening" in log.read_text()), store=store
        )
        stage.supervisor.wait(watched)

    stage.supervisor.stop_all()

    ended = {name: float((tmp_path / f"{name}.log").read_text().split()[-1]) for name in ("database", "web")}
    assert ended["database"] - ended["web"] >= 0.3


def run_deaf_child(tmp_path: Path) -> subprocess.Popen[str]:
    """A supervisor in a process of its own, with a child that ignores being asked to stop."""
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from pixelated.supervise.child import Child, ChildSpec\n"
        "from pixelated.supervise.supervisor import Supervisor\n"
        "say = lambda line: print(line, flush=True)\n"
        "supervisor = Supervisor(say); supervisor.listen()\n"
        f"spec = ChildSpec('web', (sys.executable, '-c', {deaf!r}), Path({str(tmp_path / 'web.log')!r}),\n"
        "    dict(os.environ), lambda: True)\n"
        "child = Child(spec); watched = supervisor.begin(child); time.sleep(0.3); print(child.pid, flush=True)\n"
        "supervisor.run(); supervisor.stop_all()\n"
    )
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_second_ctrl_c_kills_what_does_not_stop(tmp_path: Path) -> None:
    process = run_deaf_child(tmp_path)
    assert process.stdout.readline() == "starting web ...\n"
    child = int(process.stdout.readline())
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    while process.stdout.readline() != "stopping ...\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == 0
    assert time.monotonic() - begun < 3
    assert not Path(f"/proc/{child}").exists()
