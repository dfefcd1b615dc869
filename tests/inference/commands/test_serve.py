"""The worker as a process: its ready line, its secret, and how it ends."""

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from inference.client import WorkerClient
from inference.contracts import FinishedEvent, ReplyRequest

Asking = Callable[..., ReplyRequest]
Start = Callable[..., object]
CANARY = "Zanzibar"


@pytest.mark.faults
async def test_a_worker_with_a_model_replies_and_drains_when_told_to_stop(
    start_worker: Start, asking: Asking, secret: str
) -> None:
    worker = start_worker()
    client = WorkerClient(worker.url, secret)
    events = []
    async for event in client.reply(asking(CANARY, candidates=2, max_tokens=64)):
        if not events:
            worker.process.send_signal(signal.SIGTERM)
        events.append(event)
    assert isinstance(events[-1], FinishedEvent)
    await client.aclose()
    assert worker.process.wait(15) == 0
    assert CANARY not in "".join(worker.output)


@pytest.mark.faults
def test_a_worker_without_a_secret_makes_one_and_prints_it(start_worker: Start) -> None:
    worker = start_worker("--engine", "scripted", PIXELATED_WORKER_SECRET="")
    assert "PIXELATED_WORKER_SECRET is not set; using " in worker.output[0]


def serve(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "inference", "serve", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_port_that_is_taken_stops_the_start_with_a_sentence(start_worker: Start) -> None:
    port = start_worker("--engine", "scripted").url.rpartition(":")[2]
    done = serve("--port", port, "--engine", "scripted")
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_not_there_stops_the_start_with_a_sentence() -> None:
    done = serve("--port", "0", "--model", "/nowhere/at-all.gguf")
    assert done.returncode == 1
    assert "models fetch default" in done.stderr
