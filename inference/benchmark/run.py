"""A whole run: every engine at every number of chats, what bounds a step, and what a CUDA card adds."""

import asyncio
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx
from transformers import AutoTokenizer, LlamaConfig

from inference.benchmark import card
from inference.benchmark.engines import AbsentError, started
from inference.benchmark.figures import Figures
from inference.benchmark.machine import bound, machine_of
from inference.benchmark.trial import Tokens, trial
from inference.benchmark.workload import conversations
from inference.engine.loader import ready, use_threads
from inference.engine.saying import decode
from inference.engine.setting import Setting
from inference.models.convert import dense_folder

TRIAL_S = 600.0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`turns` of each chat; `chats` the numbers of them at once. `setting` is of the model that is held against its
    bounds, `random_8b` whether a CUDA card is measured as well."""

    model: Path
    engines: tuple[str, ...]
    chats: tuple[int, ...]
    turns: int
    threads: int
    setting: Setting = field(default_factory=Setting)
    random_8b: bool = False


class _Tokenizer:
    def __init__(self, model: Path) -> None:
        folder = dense_folder(model) if model.suffix == ".gguf" else model
        self._own = AutoTokenizer.from_pretrained(folder)

    def count(self, text: str) -> int:
        return len(self._own(text, add_special_tokens=False)["input_ids"])

    def text(self, ids: Sequence[int]) -> str:
        return decode(self._own, ids)


def run(asked: Plan, *, tell: Tell) -> dict[str, object]:
    """The result as JSON holds it. `engines[name]` has figures by number of chats, or `absent` with the reason. A
    ModelError, before anything is measured, where a card is asked for that is not there or too small."""
    trials = card.plan()
    fitting = card.fitting(trials, card.free_bytes()) if asked.random_8b else ()
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
        "card": _card(trials, fitting, tell),
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
    model = ready(str(asked.model), setting=replace(asked.setting, rows=max(asked.chats)))
    if model.weights is None:
        return {"absent": "our own step does not know this kind of model"}
    here = machine_of(model)
    steps = []
    for rows in asked.chats:
        tell(f"what bounds a step of {rows} rows")
        steps.append(asdict(bound(model, here, rows=rows)))
    return {"device": model.device.type, "machine": asdict(here), "steps": steps}


def _card(
    trials: Sequence[card.CardTrial], fitting: Sequence[card.CardTrial], tell: Tell
) -> dict[str, object]:
    planned = {"plan": [asdict(each) | {"needed_bytes": each.needed_bytes} for each in trials]}
    if not fitting:
        why = "ask for it with --random-8b" if card.free_bytes() is not None else "there is no CUDA card"
        return {**planned, "measured": False, "why": why}
    left_out = [each.chats for each in trials if each not in fitting]
    measured = card.measure(LlamaConfig(**card.CONFIGURATION), fitting, tell=tell)
    return {**planned, "measured": True, "left_out": left_out, **measured}
