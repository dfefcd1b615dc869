"""What this machine can move and compute, measured, and what a step of a model needs of it: what bounds it, and how far
from the bound it is.

A step reads every weight once and the keys and values of every row, and multiplies each weight with each row. It can
take no less time than the larger of bytes over bandwidth and operations over rate.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from inference.engine.generate import Batch
from inference.engine.loader import LoadedModel
from inference.engine.prompt import Prompt
from inference.engine.style import Sampling

_BYTES = 256 << 20
_ROUNDS = 5
PROMPT = 200
STEPS = 12
_PLAIN = Sampling(temperature=0.7, top_p=0.9, repetition_penalty=1.0)


@dataclass(frozen=True)
class Machine:
    """Gigabytes and thousands of millions of operations (a multiplication and an addition are two) a second."""

    bandwidth_gb_s: float
    bfloat16_gop_s: float
    whole_gop_s: float


@dataclass(frozen=True)
class Bound:
    """Milliseconds of one step of `rows` rows; `share` is how much of it the larger bound explains, 0-1."""

    rows: int
    step_ms: float
    bytes_ms: float
    operations_ms: float
    bound_by: str
    share: float


def machine() -> Machine:
    """Takes two seconds. Runs in the threads that torch has."""
    much = torch.ones(_BYTES // 4, dtype=torch.float32)
    left, right = torch.ones(256, 1024).bfloat16(), torch.ones(1024, 1024).bfloat16()
    whole_left, whole_right = left.to(torch.int8), right.to(torch.int8)
    operations = 2 * 256 * 1024 * 1024
    return Machine(
        bandwidth_gb_s=round(_BYTES / _best(much.sum) / 1e9, 2),
        bfloat16_gop_s=round(operations / _best(lambda: left @ right) / 1e9, 1),
        whole_gop_s=round(operations / _best(lambda: torch._int_mm(whole_left, whole_right)) / 1e9, 1),
    )


def bound(model: LoadedModel, machine: Machine, *, rows: int) -> Bound:
    """Steps of `rows` chats of PROMPT tokens each, against the bounds. Needs a quickened model."""
    weights = model.weights
    assert weights is not None
    batch = Batch(model)
    chance = torch.Generator().manual_seed(rows)
    for number in range(rows):
        ids = torch.randint(0, len(weights.embedding), (PROMPT,), generator=chance)
        batch.add(Prompt(tuple(ids.tolist())), seeds=[number], sampling=_PLAIN, max_tokens=STEPS + 600)
    heard: set[int] = set()
    while len(heard) < rows:
        heard |= {piece.row for piece in batch.step()}
    step_s = _best(batch.step, rounds=STEPS)
    shape = weights.shape
    looked_at = rows * PROMPT * 2 * shape.layers * shape.shared_heads * shape.head * model.dtype.itemsize
    is_whole = weights.rotation is not None
    elements = weights.bytes / (1 if is_whole else model.dtype.itemsize)
    rate = machine.whole_gop_s if is_whole else machine.bfloat16_gop_s
    bytes_ms = (weights.bytes + looked_at) / machine.bandwidth_gb_s / 1e6
    operations_ms = 2 * elements * rows / rate / 1e6
    most = max(bytes_ms, operations_ms)
    return Bound(
        rows=rows,
        step_ms=round(step_s * 1000, 2),
        bytes_ms=round(bytes_ms, 2),
        operations_ms=round(operations_ms, 2),
        bound_by="bytes" if bytes_ms >= operations_ms else "operations",
        share=round(most / (step_s * 1000), 3),
    )


def _best(call: Callable[[], object], *, rounds: int = _ROUNDS) -> float:
    """Seconds of the quickest of `rounds`: others use the machine too."""
    call()
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        call()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        spent.append(time.perf_counter() - begun)
    return min(spent)
