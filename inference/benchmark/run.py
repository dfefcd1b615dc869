"""A whole run: every engine at every number of chats, what bounds a step, and the table a person reads."""

import asyncio
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoTokenizer

from inference.benchmark.card import plan
from inference.benchmark.engines import AbsentError, started
from inference.benchmark.figures import Figures
from inference.benchmark.machine import bound, machine
from inference.benchmark.trial import Tokens, trial
from inference.benchmark.workload import conversations
from inference.engine.loader import load, quicken, use_threads
from inference.engine.saying import decode
from inference.models.convert import dense_folder

TRIAL_S = 600.0
COLUMNS = (
    "engine",
    "chats",
    "first p50 ms",
    "p95",
    "p99",
    "per token p50 ms",
    "tokens/s",
    "slowest/median",
    "MB",
)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`turns` of each chat; `chats` the numbers of them at once."""

    model: Path
    engines: tuple[str, ...]
    chats: tuple[int, ...]
    turns: int
    threads: int


class _Tokenizer:
    def __init__(self, model: Path) -> None:
        folder = dense_folder(model) if model.suffix == ".gguf" else model
        self._own = AutoTokenizer.from_pretrained(folder)

    def count(self, text: str) -> int:
        return len(self._own(text, add_special_tokens=False)["input_ids"])

    def text(self, ids: Sequence[int]) -> str:
        return decode(self._own, ids)


def run(asked: Plan, *, tell: Tell) -> dict[str, object]:
    """The result as JSON holds it. `engines[name]` has figures by number of chats, or `absent` with the reason."""
    tokens = _Tokenizer(asked.model)
    engines: dict[str, dict[str, object]] = {}
    for chats in asked.chats:
        for name in asked.engines:
            tell(f"{name}, {chats} chats")
            own = engines.setdefault(name, {})
            if "absent" in own:
                continue
            try:
                own[str(chats)] = asyncio.run(_measured(asked, name, chats, tokens, tell)).to_json()
            except AbsentError as error:
                own["absent"] = str(error)
            except (TimeoutError, OSError, ValueError, httpx.HTTPError) as error:
                own[str(chats)] = {"failed": type(error).__name__}
    return {
        "model": asked.model.name,
        "machine": {"system": platform.platform(), "cores": os.cpu_count(), "threads": asked.threads},
        "turns": asked.turns,
        "engines": engines,
        "bounds": _bounds(asked, tell),
        "card": _card(),
    }


async def _measured(asked: Plan, name: str, chats: int, tokens: Tokens, tell: Tell) -> Figures:
    answered = 0

    def progress() -> None:
        nonlocal answered
        answered += 1
        tell(f"{name}, {chats} chats: {answered} of {chats * asked.turns} answers")

    async with started(name, asked.model, threads=asked.threads, chats=chats) as engine:
        async with asyncio.timeout(TRIAL_S):
            await trial(engine, conversations(1, turns=1, seed=1), tokens, progress=lambda: None)
            talks = conversations(chats, turns=asked.turns)
            return await trial(engine, talks, tokens, progress=progress)


def _bounds(asked: Plan, tell: Tell) -> dict[str, object]:
    tell("what bounds a step")
    use_threads(asked.threads)
    model = quicken(load(str(asked.model)))
    if model.weights is None:
        return {"absent": "our own step does not know this kind of model"}
    here = machine()
    return {"machine": asdict(here), "steps": [asdict(bound(model, here, rows=rows)) for rows in asked.chats]}


def _card() -> dict[str, object]:
    if torch.cuda.is_available():
        return {"plan": [asdict(each) for each in plan()], "measured": False, "why": "not part of this run"}
    return {"plan": [asdict(each) for each in plan()], "measured": False, "why": "there is no CUDA card"}


def show(result: dict, console: Console) -> None:
    table = Table(
        title=f"{result['model']}, {result['machine']['threads']} threads, {result['turns']} turns a chat"
    )
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "engine" else "right")
    for engine, own in result["engines"].items():
        if "absent" in own:
            table.add_row(engine, "", own["absent"])
        for chats, each in own.items():
            if isinstance(each, dict):
                table.add_row(engine, chats, *_cells(each))
    console.print(table)
    for step in result["bounds"].get("steps", ()):
        console.print(
            f"a step of {step['rows']} rows: {step['step_ms']} ms; bound by {step['bound_by']} (bytes "
            f"{step['bytes_ms']} ms, operations {step['operations_ms']} ms), {step['share']:.0%} of it explained"
        )


def _cells(each: dict) -> list[str]:
    if "failed" in each:
        return [each["failed"]]
    first = each["first_ms"]
    values = (first["p50"], first["p95"], first["p99"], each["per_token_ms"]["p50"], each["tokens_per_s"])
    return [
        *(f"{value:.1f}" for value in values),
        f"{each['slowest_over_median']}",
        f"{each['memory_mb']:.0f}",
    ]
