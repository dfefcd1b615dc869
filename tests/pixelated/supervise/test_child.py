"""One small real process: its environment, its end, and what it leaves."""

import os
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from pixelated.supervise.child import Child, ChildSpec, stop_together
from pixelated.supervise.errors import ServiceStartError

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"


def child(tmp_path: Path, script: str, **changes: object) -> Child:
    spec = {
        "name": "thing",
        "argv": (sys.executable, "-c", script),
        "log": tmp_path / "thing.log",
        "environment": {"WORD": "heard"},
        "ready": lambda: True,
        **changes,
    }
    return Child(ChildSpec(**spec))


def wait_for(condition: object, *, within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_child_gets_the_environment_given_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "ours")
    one = child(tmp_path, "import os; print(os.environ.get('WORD'), os.environ.get('SECRET'))")
    one.spawn()
    assert wait_for(lambda: not one.alive())
    assert one.spec.log.read_text() == "heard None\n"
    assert stat.S_IMODE(one.spec.log.stat().st_mode) == 0o600


def test_a_child_that_ends_before_it_is_ready_is_named_with_its_last_words(tmp_path: Path) -> None:
    one = child(tmp_path, "import sys; print('no such model'); sys.exit(3)", ready=lambda: False)
    one.spawn()
    with pytest.raises(ServiceStartError, match=r"thing ended with code 3(?s:.)*no such model"):
        one.wait_ready()


def test_a_child_that_is_never_ready_is_given_up_in_its_time(tmp_path: Path) -> None:
    one = child(tmp_path, SLEEP, ready=lambda: False, ready_within_s=0.2)
    one.spawn()
    try:
        with pytest.raises(ServiceStartError, match="thing was not ready within 0 s"):
            one.wait_ready()
    finally:
        one.kill()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    one = child(tmp_path, "", argv=("/nonexistent/program",))
    with pytest.raises(ServiceStartError, match="thing could not be started"):
        one.spawn()


def test_a_deaf_child_is_killed_after_its_time(tmp_path: Path) -> None:
    one = child(tmp_path, STUBBORN, stop_within_s=0.2)
    one.spawn()
    assert wait_for(lambda: "deaf" in one.spec.log.read_text())
    one.stop()
    assert one.exit_code() == -signal.SIGKILL


def test_killing_a_child_ends_what_it_started(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        f"grandchild = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        "print(grandchild.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    one = child(tmp_path, script)
    one.spawn()
    assert wait_for(lambda: one.spec.log.read_text().strip())
    grandchild = int(one.spec.log.read_text())
    one.kill()
    assert wait_for(lambda: not running(grandchild))


def test_children_are_stopped_together_not_one_after_the_other(tmp_path: Path) -> None:
    slow = (
        "import signal, sys, time\n"
        "def leave(*_):\n    time.sleep(0.4); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave); print('listening', flush=True); time.sleep(60)\n"
    )
    several = [child(tmp_path, slow, log=tmp_path / f"{number}.log") for number in range(3)]
    for one in several:
        one.spawn()
    assert wait_for(lambda: all("listening" in one.spec.log.read_text() for one in several))
    begun = time.monotonic()
    stop_together(several, within_s=5)
    assert [one.exit_code() for one in several] == [0, 0, 0]
    assert time.monotonic() - begun < 1.1


@pytest.mark.faults
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from pixelated.supervise.child import Child, ChildSpec\n"
        "spec = ChildSpec(name='x', argv=(sys.executable, '-c', 'import time; time.sleep(60)'),\n"
        f"    log=Path({str(tmp_path / 'x.log')!r}), environment={{}}, ready=lambda: True)\n"
        "one = Child(spec); one.spawn(); print(one.pid, flush=True); time.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[3]
    parent = child(tmp_path, script, folder=root, environment={**os.environ, "PYTHONPATH": str(root)})
    parent.spawn()
    assert wait_for(lambda: parent.spec.log.read_text().strip())
    grandchild = int(parent.spec.log.read_text())
    assert running(grandchild)
    os.kill(parent.pid, signal.SIGKILL)
    assert wait_for(lambda: not running(grandchild))


def running(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be buried."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
