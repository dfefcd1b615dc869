"""The real worker around the tiny random model, in this process and over HTTP. For tests of what asks it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inference.server import create_app
from inference.testing import build_tiny_model
from tests.apps.api.conftest import serving

SECRET = "a secret for tests"


@contextmanager
def running_tiny_worker(folder: Path) -> Iterator[str]:
    """Builds the model in the folder; the worker's address. It holds 1,024 tokens."""
    from inference.engine.judge import make_judge, refuses  # noqa: PLC0415 - torch, and few tests need it
    from inference.engine.loader import load, quicken, use_threads  # noqa: PLC0415 - as above
    from inference.engine.worker import ModelWorker  # noqa: PLC0415 - as above

    use_threads(1)
    source = str(build_tiny_model(folder))
    worker = ModelWorker(
        source, load=lambda name: quicken(load(name)), judge=make_judge(None), refuses=refuses
    )
    asyncio.run(worker.start())
    try:
        with serving(create_app(worker, secret=SECRET)) as address:
            yield address
    finally:
        asyncio.run(worker.drain(0.1))
