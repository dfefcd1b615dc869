"""A whole run: every engine at every number of chats, what bounds a step, and what a CUDA card adds."""

import asyncio
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, LlamaConfig

from inference.benchmark.card import plan
from inference.benchmark.card.measured import measure, or_why
from inference.benchmark.engines import started
from inference.benchmark.errors import AbsentError, AnswerError
from inference.benchmark.figures import Figures
from inference.benchmark.machine import bound, machine_of
from inference.benchmark.ratios import has_amx, ratios
from inference.benchmark.trial import Tokens, trial
from inference.benchmark.workload import conversations
from inference.engine.device import device_for
from inference.engine.loader import ready, use_threads
from inference.engine.saying import decode
from inference.engine.setting import Setting
from inference.models.convert import dense_folder

TRIAL_S = 600.0
NOT_REACHED = "not reached"
Tell = Callable[[str], None]
Keep = Callable[[Mapping], None]


@dataclass(frozen=True)
class Plan:
    """`turns` of each chat; `chats` the numbers of them at once. Peers have `threads`, our worker `own_threads`, as
    many as it takes by itself. `setting` is of the model that is held against its bounds, `random_8b` whether a CUDA
    card is measured as well."""

    model: Path
    engines: tuple[str, ...]
    chats: tuple[int, ...]
    turns: int
    threads: int
    own_threads: int
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


def run(asked: Plan, *, tell: Tell, keep: Keep = lambda result: None) -> dict[str, object]:
    """The result as JSON holds it, handed to `keep` after every piece of it, `complete` when nothing more comes.
    `engines[name]` has figures by number of chats, or `absent` with the reason; what fails says so in `failed` and
    costs nothing else. A ModelError, before anything is measured, where a card is asked for that is not there or too
    small."""
    trials = plan.plan()
    fitting = plan.fitting(trials, plan.free_bytes()) if asked.random_8b else ()
    tokens = _Tokenizer(asked.model)
    result = _begun(asked)
    keep(result)
    for chats in asked.chats:
        for name in asked.engines:
            _try(result["engines"].setdefault(name, {}), asked, name, chats, tokens, tell)
            result["ratios"] = ratios(result)
            keep(result)
    result["bounds"] = {}
    result["bounds"] |= or_why(lambda: _bounds(asked, result, tell, keep))
    result["card"] = _planned(trials, fitting)
    keep(result)
    if fitting:
        result["card"] |= or_why(lambda: _card(result, fitting, tell, keep))
    result["ratios"] = ratios(result)
    result["complete"] = True
    keep(result)
    return result


def _begun(asked: Plan) -> dict[str, Any]:
    return {
        "model": asked.model.name,
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "threads": asked.threads,
            "own_threads": asked.own_threads,
            "device": device_for(asked.setting.device),
            "amx_bf16": has_amx(),
        },
        "turns": asked.turns,
        "complete": False,
        "engines": {},
        "bounds": {"absent": NOT_REACHED},
        "card": {"measured": False, "why": NOT_REACHED},
        "ratios": {"engines": [], "card": []},
    }


def _try(own: dict[str, object], asked: Plan, name: str, chats: int, tokens: Tokens, tell: Tell) -> None:
    if "absent" in own:
        return
    tell(f"{name}, {chats} chats")
    try:
        own[str(chats)] = asyncio.run(_measured(asked, name, chats, tokens, tell)).to_json()
    except AbsentError as error:
        own["absent"] = str(error)
    except AnswerError as error:
        own[str(chats)] = {"failed": str(error)}
    except (TimeoutError, OSError, ValueError) as error:
        own[str(chats)] = {"failed": type(error).__name__}


async def _measured(asked: Plan, name: str, chats: int, tokens: Tokens, tell: Tell) -> Figures:
    answered = 0

    def progress() -> None:
        nonlocal answered
        answered += 1
        tell(f"{name}, {chats} chats: {answered} of {chats * asked.turns} answers")

    threads = asked.own_threads if name == "ours" else asked.threads
    async with started(name, asked.model, threads=threads, chats=chats) as engine:
        async with asyncio.timeout(TRIAL_S):
            await trial(engine, conversations(1, turns=1, seed=1), tokens, progress=lambda: None)
            talks = conversations(chats, turns=asked.turns)
            return await trial(engine, talks, tokens, progress=progress)


def _bounds(asked: Plan, result: dict[str, Any], tell: Tell, keep: Keep) -> dict[str, object]:
    tell("what bounds a step")
    use_threads(asked.own_threads)
    model = ready(str(asked.model), setting=replace(asked.setting, rows=max(asked.chats)))
    if model.weights is None:
        return {"absent": "our own step does not know this kind of model"}
    here = machine_of(model)
    steps: list[dict[str, object]] = []
    result["bounds"] |= {"device": model.device.type, "machine": asdict(here), "steps": steps}
    for rows in asked.chats:
        tell(f"what bounds a step of {rows} rows")
        steps.append(asdict(bound(model, here, rows=rows)))
        keep(result)
    return result["bounds"]


def _planned(trials: Sequence[plan.CardTrial], fitting: Sequence[plan.CardTrial]) -> dict[str, object]:
    planned = {"plan": [asdict(each) | {"needed_bytes": each.needed_bytes} for each in trials]}
    if not fitting:
        why = "ask for it with --random-8b" if plan.free_bytes() is not None else "there is no CUDA card"
        return {**planned, "measured": False, "why": why}
    left_out = [each.chats for each in trials if each not in fitting]
    return {**planned, "measured": True, "left_out": left_out}


def _card(
    result: dict[str, Any], fitting: Sequence[plan.CardTrial], tell: Tell, keep: Keep
) -> dict[str, object]:
    def kept(made: Mapping) -> None:
        result["card"] |= made
        result["ratios"] = ratios(result)
        keep(result)

    measure(LlamaConfig(**plan.CONFIGURATION), fitting, tell=tell, keep=kept)
    return result["card"]
