"""A tiny random model, requests, and workers as real processes, for the tests of the inference side."""

import asyncio
import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp

from inference.contracts import Message, ReplyRequest, WordingLimits
from inference.errors import ModelError
from inference.models.catalogue import EMBEDDINGS, TEXT
from inference.models.fetch import fetch
from inference.persona import FORM_VERSION
from inference.testing import build_tiny_encoder, build_tiny_model

SECRET = "a secret for tests"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("tiny-model"))


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_encoder(tmp_path_factory.mktemp("tiny-encoder"))


@pytest.fixture
def tiny_adapter() -> Callable[..., Path]:
    """Writes random low-rank weights that fit the tiny model into a folder, with a card of these facts."""
    return make_tiny_adapter


def make_tiny_adapter(
    folder: Path, *, name: str = "client", seed: int = 3, width: int = 32, **facts: object
) -> Path:
    import torch  # noqa: PLC0415 - many tests beside this file do without
    from safetensors.torch import save_file  # noqa: PLC0415 - as above

    folder.mkdir(parents=True)
    chance = torch.Generator().manual_seed(seed)
    place = "base_model.model.model.layers.{}.self_attn.q_proj.lora_{}.weight"
    pairs = {
        place.format(layer, side): torch.randn(shape, generator=chance)
        for layer in range(2)
        for side, shape in (("A", (4, width)), ("B", (width, 4)))
    }
    save_file(pairs, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 4, "lora_alpha": 8}')
    card = {
        "adapter": name,
        "version": f"{name} {seed}",
        "weights_sha256": hashlib.sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest(),
        "form": FORM_VERSION,
        "base": {"name": TEXT.name.name, "revision": TEXT.name.revision, "sha256": TEXT.sha256},
    }
    (folder / "card.json").write_text(json.dumps(card | facts))
    return folder


@pytest.fixture
def asking() -> Callable[..., ReplyRequest]:
    """A request for a reply, with what the test changes."""

    def build(text: str = "How are you?", *, speaker: str = "Marcus", **changes: object) -> ReplyRequest:
        given: dict[str, object] = {
            "request_id": "r1",
            "persona": "client",
            "messages": (Message("system", "You are Marcus."), Message("user", text)),
            "limits": WordingLimits(speaker=speaker),
            "seed": 1,
        }
        return ReplyRequest(**(given | changes))  # type: ignore[arg-type]

    return build


@dataclass
class RunningWorker:
    url: str
    process: subprocess.Popen[str]
    output: list[str]


@pytest.fixture
def start_worker(tiny_model: Path) -> Iterator[Callable[..., RunningWorker]]:
    """Starts `python -m inference serve` and returns when its ready line is there; all are killed afterwards."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str, **environment: str) -> RunningWorker:
        command = [sys.executable, "-m", "inference", "serve", "--port", "0", *words]
        if "--engine" not in words:
            command += ["--model", str(tiny_model)]
        own = {"PIXELATED_WORKER_SECRET": SECRET, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | own | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        output: list[str] = []
        url = _ready_url(process, output)
        threading.Thread(target=lambda: output.extend(process.stdout), daemon=True).start()
        return RunningWorker(url, process, output)

    yield start
    for process in running:
        process.kill()
        process.wait(10)


def _ready_url(process: subprocess.Popen[str], output: list[str]) -> str:
    giving_up = threading.Timer(60, process.kill)
    giving_up.start()
    try:
        for line in process.stdout:
            output.append(line)
            if found := re.search(r"ready on (\S+)", line):
                return found.group(1)
    finally:
        giving_up.cancel()
    raise AssertionError(f"the worker ended with {process.wait()}: {''.join(output)}")


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The application on a free port in this loop; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(
        app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(settings)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    port = listening.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def serving() -> Callable[[ASGIApp], contextlib.AbstractAsyncContextManager[str]]:
    return served


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture(scope="session")
def bundled_embeddings() -> Path:
    """The checkout's own copy, fetched if need be; where it cannot be had the test is left out, but fails under CI."""
    try:
        return fetch(EMBEDDINGS, ROOT / "var")
    except ModelError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
