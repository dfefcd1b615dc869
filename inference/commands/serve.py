"""Run the worker until it is told to stop."""

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from inference.assessing import Assessor, HeadReader
from inference.config import DRAIN_S, WorkerConfig, from_environment
from inference.contracts import Finding, ModelName, WordingLimits
from inference.engine.gate import Gate
from inference.engine.protocol import Engine
from inference.engine.race import Judge, Refuses
from inference.engine.remote import RemoteEngine
from inference.engine.setting import Device, Quantise
from inference.errors import ModelError
from inference.models.catalogue import EMBEDDINGS, TEXT, folder_of, is_present
from inference.models.checksum import revision_of
from inference.models.fitting import Base, choose
from inference.models.registry import Registry
from inference.server import create_app
from inference.testing import ScriptedEngine

NAME = "serve"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one, named in the ready line")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--engine", choices=("model", "scripted"), default="model")
    parser.add_argument(
        "--model", default=None, help="folder, .gguf file or Hugging Face id (PIXELATED_MODEL)"
    )
    parser.add_argument("--device", choices=tuple(Device), default=None, help="auto (PIXELATED_DEVICE)")
    parser.add_argument(
        "--quantise", choices=tuple(Quantise), default=None, help="on a CUDA card (PIXELATED_QUANTISE)"
    )


def run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # A line for every request to the remote engine.
    config = from_environment(
        port=arguments.port,
        host=arguments.host,
        engine=arguments.engine,
        model=arguments.model,
        device=arguments.device,
        quantise=arguments.quantise,
    )
    if config.has_own_secret:
        print(f"PIXELATED_WORKER_SECRET is not set; using {config.secret}", flush=True)
    return asyncio.run(_serve(config))


async def _serve(config: WorkerConfig) -> int:
    begun = time.monotonic()
    listening = _listen(config)
    made = _engine(config)
    engine, assessor, remote = made.engine, made.assessor, made.remote
    settings = uvicorn.Config(
        create_app(engine, secret=config.secret, assessor=assessor, remote=remote),
        access_log=False,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=int(DRAIN_S),
    )
    server = _Server(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await asyncio.to_thread(assessor.warm_up)
        await engine.start()
    except ModelError:
        server.stop()
        await serving
        raise
    host, port = listening.getsockname()[:2]
    spent_s, name = time.monotonic() - begun, engine.status().model.name
    print(f"inference worker ready on http://{host}:{port} with {name} after {spent_s:.1f} s", flush=True)
    await serving
    await engine.drain(deadline_s=1.0)
    if remote is not None:
        await remote.drain(deadline_s=1.0)
    return 0


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again after its shutdown, before the engine has drained."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Accept nothing more; replies being given have DRAIN_S to finish. A second time, end them."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _listen(config: WorkerConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((config.host, config.port))
        listening.listen()  # so that who connects while the model loads is answered and not refused
    except OSError as error:
        raise ValueError(f"cannot listen on {config.host}:{config.port}: {error.strerror}") from error
    return listening


@dataclass(frozen=True)
class _Made:
    engine: Engine
    assessor: Assessor
    remote: RemoteEngine | None


def _remote(config: WorkerConfig, gate: Gate, judge: Judge, refuses: Refuses) -> RemoteEngine | None:
    """Its words are judged by the models that judge our own's, which one thread at a time may use."""
    if config.remote is None:
        return None

    def judged(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        with gate.behind():
            return judge(text, limits)

    return RemoteEngine(config.remote, judge=judged, refuses=refuses)


def _engine(config: WorkerConfig) -> _Made:
    if config.engine == "scripted":
        return _scripted(config)
    # Torch takes seconds to import, and the scripted engine must start without it.
    from inference.encoder.minilm import MiniLM  # noqa: PLC0415
    from inference.engine.adapters import put_on  # noqa: PLC0415
    from inference.engine.device import cores_to_compute_on  # noqa: PLC0415
    from inference.engine.judge import make_judge, refuses  # noqa: PLC0415
    from inference.engine.loader import LoadedModel, ready, use_threads  # noqa: PLC0415
    from inference.engine.memory import keep_few_kernels, keep_one_heap  # noqa: PLC0415
    from inference.engine.worker import ModelWorker  # noqa: PLC0415

    use_threads(config.threads or cores_to_compute_on())
    keep_few_kernels()
    keep_one_heap()
    encoder = None
    if is_present(EMBEDDINGS, config.data):
        encoder = MiniLM(folder_of(EMBEDDINGS, config.data))
        encoder.warm_up()
    else:
        print("the embedding model is not there: whether words do what was planned is not judged", flush=True)
    bundled = str(folder_of(TEXT, config.data) / TEXT.weights)
    registry = Registry(config.data)

    def loaded(source: str) -> LoadedModel:
        """With the registered adapters that fit it: only the bundled model's file is known well enough."""
        is_bundled = source == bundled
        model = ready(source, name=TEXT.name if is_bundled else None, setting=config.setting)
        speaking = put_on(model, choose(registry, Base(model.name, TEXT.sha256 if is_bundled else "")))
        return replace(speaking, name=_with_sum(model.name, Path(source)) if is_bundled else model.name)

    gate = Gate()
    assessor = Assessor(_heads(config), passage=gate.ahead)
    judge = make_judge(encoder, assessor)
    engine = ModelWorker(
        config.model or bundled,
        load=loaded,
        judge=judge,
        refuses=refuses,
        queue_size=config.queue_size,
        max_rows=config.max_rows,
        gate=gate,
    )
    return _Made(engine, assessor, _remote(config, gate, judge, refuses))


def _with_sum(name: ModelName, weights: Path) -> ModelName:
    """As others are told of the bundled model; adapters are made for what its package calls it."""
    return replace(name, revision=f"{name.revision} {revision_of(weights)}") if weights.is_file() else name


def _scripted(config: WorkerConfig) -> _Made:
    engine, assessor = ScriptedEngine(tokens_per_s=config.scripted_tokens_per_s), Assessor()
    if config.remote is None:
        return _Made(engine, assessor, None)
    from inference.engine.judge import make_judge, refuses  # noqa: PLC0415 - torch, as above

    return _Made(engine, assessor, _remote(config, Gate(), make_judge(None, assessor), refuses))


def _heads(config: WorkerConfig) -> HeadReader | None:
    """What reads for the detectors. Without it, assessments say that they are partial."""
    from inference.encoder.reader import load_heads  # noqa: PLC0415 - torch, as above

    try:
        heads = load_heads(config.data)
    except ModelError as error:
        print(f"the heads cannot be loaded ({error}): assessments are partial", flush=True)
        return None
    if heads is None:
        print("the heads are not there: assessments are partial", flush=True)
    return heads
