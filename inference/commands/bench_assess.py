"""Measure what looking at a message costs: whole assessments one by one and in batches, the lexical screen alone."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from inference.contracts import AssessRequest, Message, Mode, Role

_Given = TypeVar("_Given")
NAME = "bench-assess"
WRITTEN = Path(__file__).parent.parent / "data" / "written" / "crisis"
LONG = 100_000
"""Characters of the long text that the screen must read in time linear in its length."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, default=None)


def run(arguments: argparse.Namespace) -> int:
    import torch  # noqa: PLC0415 - takes seconds

    from inference.assessing import Assessor  # noqa: PLC0415
    from inference.encoder.reader import load_heads  # noqa: PLC0415
    from inference.safety.screen import screen  # noqa: PLC0415

    torch.set_num_threads(arguments.threads)
    heads = load_heads()
    assessor = Assessor(heads)
    assessor.warm_up()
    texts = _texts(arguments.messages)
    requests = [AssessRequest("bench", (Message(Role.USER, text),), Mode.SUPPORT) for text in texts]
    for request in requests[:40]:
        assessor.assess(request)
    one_by_one = _each(assessor.assess, requests)
    within = _each(assessor.assess, _after_others(texts))
    begun = time.perf_counter()
    assessor.assess_many(requests)
    batch_s = time.perf_counter() - begun
    long_text = " ".join(texts)[:LONG].ljust(LONG, "a")
    figures = {
        "heads": list(heads.versions.values()) if heads else [],
        "messages": len(texts),
        "assess_ms": _percentiles(one_by_one),
        "assess_after_others_ms": _percentiles(within),
        "batch_messages_per_s": round(len(texts) / batch_s, 1),
        "screen_ms": _percentiles(_each(screen, texts)),
        "screen_100_kB_over_10_kB": round(
            min(_each(screen, [long_text] * 3)) / min(_each(screen, [long_text[: LONG // 10]] * 3)), 1
        ),
    }
    print(json.dumps(figures, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _texts(count: int) -> list[str]:
    lines = [
        line for path in sorted(WRITTEN.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]
    step = max(1, len(lines) // count)
    return [json.loads(line)["text"] for line in lines[::step][:count]]


def _after_others(texts: Sequence[str]) -> list[AssessRequest]:
    """Every text but the first three, each in a conversation after the three before it."""
    roles = (Role.USER, Role.ASSISTANT, Role.USER)
    requests = []
    for at in range(len(roles), len(texts)):
        before = [Message(role, text) for role, text in zip(roles, texts[at - len(roles) : at], strict=True)]
        requests.append(AssessRequest("bench", (*before, Message(Role.USER, texts[at])), Mode.SUPPORT))
    return requests


def _each(call: Callable[[_Given], object], given: Sequence[_Given]) -> list[float]:
    """Milliseconds of every call."""
    spent = []
    for one in given:
        begun = time.perf_counter()
        call(one)
        spent.append((time.perf_counter() - begun) * 1000)
    return spent


def _percentiles(spent: Sequence[float]) -> dict[str, float]:
    ranked = sorted(spent)
    return {f"p{p}": round(ranked[min(len(ranked) - 1, len(ranked) * p // 100)], 2) for p in (50, 95, 99)}
