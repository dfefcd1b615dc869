"""Measure our engine beside llama.cpp's server, plain generate and transformers' own batching, in one run.

PIXELATED_DEVICE and PIXELATED_QUANTISE hold here as they do for a worker.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from inference.config import from_environment

if TYPE_CHECKING:
    from rich.console import Console

NAME = "bench"
ENGINES = ("ours", "llama.cpp", "generate", "transformers batching")
NONE = "none"
TELL_EVERY_S = 10.0
"""Where no terminal shows what is going on."""
WIDE = 150
"""Columns of the tables where no terminal says how many there are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", type=Path, required=True, help="where the result is written, after every piece"
    )
    parser.add_argument("--concurrency", type=_numbers, default=(1, 4, 16, 32, 100), help="such as 1,4,16")
    parser.add_argument("--engines", type=_engines, default=ENGINES, help="such as ours,llama.cpp, or none")
    parser.add_argument("--model", type=Path, default=None, help=".gguf file or folder; the bundled one")
    parser.add_argument(
        "--threads", type=int, default=0, help="of every engine; 0: peers all cores, ours one less"
    )
    parser.add_argument(
        "--random-8b",
        action="store_true",
        help="also random weights of an 8B configuration, at 1, 32, 100 and 256 chats, on a CUDA card",
    )
    parser.add_argument("--quick", action="store_true", help="one turn a chat, at 1 and 4 unless told")


def run(arguments: argparse.Namespace) -> int:
    from rich.console import Console  # noqa: PLC0415 - with what follows, torch: seconds

    from inference.benchmark.run import Plan  # noqa: PLC0415
    from inference.benchmark.run import run as measure  # noqa: PLC0415
    from inference.benchmark.table import show  # noqa: PLC0415
    from inference.engine.device import cores_to_compute_on  # noqa: PLC0415
    from inference.models.catalogue import TEXT, data_directory, folder_of  # noqa: PLC0415

    told = arguments.threads or int(os.environ.get("OMP_NUM_THREADS") or 0)
    chats = arguments.concurrency
    if arguments.quick and chats == (1, 4, 16, 32, 100):
        chats = (1, 4)
    asked = Plan(
        model=arguments.model or folder_of(TEXT, data_directory()) / TEXT.weights,
        engines=arguments.engines,
        chats=chats,
        turns=1 if arguments.quick else 3,
        threads=told or len(os.sched_getaffinity(0)),
        own_threads=told or cores_to_compute_on(),
        setting=from_environment(port=0, host="", engine="model", model=None).setting,
        random_8b=arguments.random_8b,
    )
    with _progress(Console(stderr=True)) as tell:
        result = measure(asked, tell=tell, keep=lambda so_far: write(arguments.json, so_far))
    console = Console()
    show(result, console if console.is_terminal else Console(width=WIDE))
    return 0


def write(path: Path, result: Mapping) -> None:
    """In one go: whoever reads meanwhile, or after a run that was killed, finds all that was measured until then."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)


@contextmanager
def _progress(console: "Console") -> Iterator[Callable[[str], None]]:
    """A line that changes; where there is no terminal, one every TELL_EVERY_S at most."""
    if console.is_terminal:
        with console.status("starting") as status:
            yield status.update
        return
    told_at = float("-inf")

    def tell(sentence: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_EVERY_S:
            told_at = time.monotonic()
            console.print(sentence, highlight=False)

    yield tell


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if not all(1 <= number <= 1000 for number in numbers):
        raise argparse.ArgumentTypeError("between 1 and 1000 chats")
    return numbers


def _engines(text: str) -> tuple[str, ...]:
    if text == NONE:
        return ()
    names = tuple(text.split(","))
    if unknown := set(names) - set(ENGINES):
        raise argparse.ArgumentTypeError(
            f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}"
        )
    return names
