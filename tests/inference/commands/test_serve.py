"""The worker as a process: its ready line, its secret, and how it ends."""

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from inference.client import WorkerClient
from inference.contracts import Adapted, FinishedEvent, Message, ModelName, ReplyRequest
from inference.models.catalogue import MARK, TEXT, dense_place, folder_of
from inference.models.registry import Registry
from inference.persona import FORM_VERSION
from tests.inference.models.conftest import make_figures

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


@pytest.fixture
def installed(tiny_model: Path, tiny_adapter: Callable[..., Path], tmp_path: Path) -> Callable[..., Registry]:
    """A data directory in which the tiny model lies in the bundled one's place, unpacked from a file that fetching has
    checked, with promoted adapters on it."""

    def install(**cards: Mapping[str, object]) -> Registry:
        registry = Registry(tmp_path / "data", shipped=tmp_path / "nothing-shipped")
        weights = folder_of(TEXT, registry.data) / TEXT.weights
        shutil.copytree(tiny_model, dense_place(weights))
        with weights.open("wb") as opened:
            opened.truncate(TEXT.size)
        (weights.parent / MARK).write_text(TEXT.sha256)
        for name, card in cards.items():
            adapter = registry.register(tiny_adapter(tmp_path / name, name=name, **card))
            registry.file_figures(make_figures(adapter.sha256, name=name))
            assert registry.promote(name, adapter.sha256).passed
        return registry

    return install


@pytest.mark.faults
async def test_adapters_that_fit_speak_and_the_model_goes_on_where_they_do_not(
    start_worker: Start, installed: Callable[..., Registry], asking: Asking, secret: str
) -> None:
    registry = installed(tester={}, elder={"form": FORM_VERSION + 1}, stranger={"base": {"name": "Another"}})
    address = registry.served("tester").sha256
    worker = start_worker("--engine", "model", PIXELATED_DATA_DIR=str(registry.data), PIXELATED_MODEL="")

    async def spoken(adapter: str) -> ModelName:
        words = (Message("user", f"{CANARY}, asked in the form of {adapter}."),)
        request = asking(CANARY, max_tokens=24, adapted=Adapted(adapter, FORM_VERSION, words))
        return [event async for event in client.reply(request)][-1].model

    async with (
        contextlib.aclosing(WorkerClient(worker.url, secret)) as client,
        httpx.AsyncClient(base_url=worker.url, headers={"Authorization": f"Bearer {secret}"}) as http,
    ):
        status = (await http.get("/status")).json()
        answered = {name: await spoken(name) for name in ("tester", "elder", "stranger", "absent")}
        registry.roll_back("tester")
        reloaded = await http.post("/reload-model", json={}, timeout=60)
        after = await spoken("tester")

    bare = replace(TEXT.name, revision=f"{TEXT.name.revision} sha256:{TEXT.sha256[:12]}")
    assert status["model"]["revision"] == bare.revision
    assert answered.pop("tester") == replace(bare, adapter=f"tester@{address[:12]}", card="tester 3")
    assert set(answered.values()) == {bare} and after == bare and reloaded.status_code == 200
    speaking = [each for each in status["adapters"] if each["name"] == "tester"]
    assert speaking == [{"name": "tester", "checksum": address, "card": "tester 3"}]
    why = {each["name"]: each["why"] for each in status["refused"]}
    assert f"trained on form {FORM_VERSION + 1}" in why["elder"] and "made for Another" in why["stranger"]
    log = "".join(worker.output)
    assert f"the adapter elder does not speak: {why['elder']}" in log and CANARY not in log


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
