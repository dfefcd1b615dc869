"""All that a run on a card measures, piece by piece: what could not be measured says why, and the rest goes on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial

import torch
from transformers import LlamaConfig

from inference.benchmark.card import generate, reply, step
from inference.benchmark.card.plan import TURNS, CardTrial, random_weights
from inference.benchmark.machine import machine
from inference.engine.device import best_dtype

Tell = Callable[[str], None]


def measure(
    config: LlamaConfig,
    trials: Sequence[CardTrial],
    *,
    device: str = "cuda",
    generate_chats: int = generate.CHATS,
    conversations: int = reply.CONVERSATIONS,
    tell: Tell,
    keep: Callable[[Mapping], None],
) -> None:
    """`keep` is handed the result so far, the same mapping again and again, after every piece: `machine`, `trials` of
    our step, `generate`, and `reply`; the last three have `failed` where they failed."""
    numbers = best_dtype(device)
    made: dict[str, object] = {"trials": [], "generate": [], "reply": {"failed": "not reached"}}
    _our_steps(config, trials, made, numbers=numbers, device=device, tell=tell, keep=keep)
    progress = _told(tell, f"plain generate, {generate_chats} chats", 2 * TURNS * generate_chats)
    own = or_why(lambda: _generate(config, generate_chats, numbers, device, progress))
    made["generate"] = [{"chats": generate_chats, **own}]
    keep(made)
    made["reply"] = or_why(
        lambda: reply.measured(
            lambda: reply.random_model(config, numbers=numbers, device=device),
            count=conversations,
            progress=_told(tell, "/v1/reply", TURNS * conversations),
        )
    )
    keep(made)


def or_why(measured: Callable[[], dict[str, object]]) -> dict[str, object]:
    """What was measured, or `failed` with the reason: a card that is full must not cost what was measured before."""
    try:
        return measured()
    except Exception as error:  # an edge: whatever it was, it is said in the result
        return {"failed": f"{type(error).__name__}: {str(error)[:300]}"}


def _our_steps(
    config: LlamaConfig,
    trials: Sequence[CardTrial],
    made: dict[str, list],
    *,
    numbers: torch.dtype,
    device: str,
    tell: Tell,
    keep: Callable[[Mapping], None],
) -> None:
    """The weights are let go at the end: what comes next makes its own."""
    tell("random weights are being made")
    weights = random_weights(config, numbers=numbers, device=device)
    here = machine(
        device=device, numbers=numbers, inputs=config.hidden_size, outputs=2 * config.intermediate_size
    )
    made["machine"] = asdict(here)
    for trial in trials:
        progress = _told(tell, f"random weights, {trial.chats} chats", 2 * TURNS * trial.chats)
        own = or_why(partial(step.measured, weights, trial, here, numbers=numbers, progress=progress))
        made["trials"].append({"chats": trial.chats, **own})
        keep(made)


def _generate(
    config: LlamaConfig, chats: int, numbers: torch.dtype, device: str, progress: Callable[[], None]
) -> dict[str, object]:
    network = generate.random_network(config, numbers=numbers, device=device)
    return generate.measured(network, count=chats, progress=progress)


def _told(tell: Tell, what: str, whole: int) -> Callable[[], None]:
    done = 0

    def progress() -> None:
        nonlocal done
        done += 1
        tell(f"{what}: {done} of {whole} answers")

    return progress
