"""What this machine can move and compute, measured, and what a step of a model needs of it: what bounds it, and how far
from the bound it is.

A step reads every weight once and the keys and values of every row, and multiplies each weight with each row. It can
take no less time than the larger of bytes over bandwidth and operations over rate. An operation is a multiplication or
an addition. On a card the share is that of the roofline.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from inference.engine.generate import Batch
from inference.engine.linear import Kernel
from inference.engine.loader import LoadedModel
from inference.engine.prompt import Prompt
from inference.engine.style import Sampling
from inference.engine.weights import Weights

_MOVED_BYTES = {"cpu": 256 << 20, "cuda": 2 << 30}
"""More than caches hold."""
_ROWS = 256
"""With so many a product is bound by operations."""
_ROUNDS = 5
PROMPT = 200
STEPS = 12
_PLAIN = Sampling(temperature=0.7, top_p=0.9, repetition_penalty=1.0)


@dataclass(frozen=True)
class Machine:
    """Gigabytes and thousands of millions of operations a second; `exact` in `numbers`, `whole` in eight-bit whole
    numbers."""

    bandwidth_gb_s: float
    exact_gop_s: float
    whole_gop_s: float
    numbers: str


@dataclass(frozen=True)
class Needs:
    """Of one step: bytes moved, operations on weights of each kind of number, and the rest of operations, exact."""

    bytes: int
    exact_operations: int
    whole_operations: int


@dataclass(frozen=True)
class Bound:
    """Milliseconds of one step of `rows` rows; `share` is how much of it the larger bound explains, 0-1."""

    rows: int
    step_ms: float
    moved_mb: float
    operations_g: float
    bytes_ms: float
    operations_ms: float
    bound_by: str
    share: float


def machine(
    *, device: str = "cpu", numbers: torch.dtype = torch.bfloat16, inputs: int = 1024, outputs: int = 4096
) -> Machine:
    """Takes two seconds, in the threads that torch has. `inputs` and `outputs` are those of the model's widest matrix
    in its layers: the rate is of that product."""
    much = torch.ones(_MOVED_BYTES[device] // 4, dtype=torch.float32, device=device)
    elsewhere = torch.empty_like(much)
    read_s, copied_s = (_best(each, device) for each in (much.sum, lambda: elsewhere.copy_(much)))
    left = torch.ones(_ROWS, inputs, device=device, dtype=numbers)
    right = torch.ones(outputs, inputs, device=device, dtype=numbers)
    whole_left, whole_right = left.to(torch.int8), right.to(torch.int8).t()
    operations = 2 * _ROWS * inputs * outputs
    exact_s = _best(lambda: functional.linear(left, right), device)
    whole_s = _best(lambda: torch._int_mm(whole_left, whole_right), device)
    return Machine(
        bandwidth_gb_s=round(max(much.nbytes / read_s, 2 * much.nbytes / copied_s) / 1e9, 2),
        exact_gop_s=round(operations / exact_s / 1e9, 1),
        whole_gop_s=round(operations / whole_s / 1e9, 1),
        numbers=str(numbers).removeprefix("torch."),
    )


def machine_of(model: LoadedModel) -> Machine:
    """The one it is on, at its own sizes. Needs a quickened model."""
    assert model.weights is not None
    return machine(
        device=model.device.type,
        numbers=model.dtype,
        inputs=model.weights.embedding.shape[1],
        outputs=2 * model.weights.middle,
    )


def needs(weights: Weights, *, rows: int, positions: int, numbers: torch.dtype) -> Needs:
    """Of a step of `rows` rows that each look back at `positions`, whose keys and values are `numbers`."""
    shape = weights.shape
    on_weights = 2 * weights.products * rows
    looking = 4 * rows * positions * shape.layers * shape.heads * shape.head
    is_whole = weights.kernel is Kernel.WHOLE
    return Needs(
        bytes=weights.bytes + rows * positions * shape.position_bytes(numbers),
        exact_operations=looking + (0 if is_whole else on_weights),
        whole_operations=on_weights if is_whole else 0,
    )


def bound_of(needed: Needs, machine: Machine, *, rows: int, step_s: float) -> Bound:
    bytes_ms = needed.bytes / machine.bandwidth_gb_s / 1e6
    operations_ms = (
        needed.exact_operations / machine.exact_gop_s + needed.whole_operations / machine.whole_gop_s
    ) / 1e6
    return Bound(
        rows=rows,
        step_ms=round(step_s * 1000, 3),
        moved_mb=round(needed.bytes / 1e6, 1),
        operations_g=round((needed.exact_operations + needed.whole_operations) / 1e9, 2),
        bytes_ms=round(bytes_ms, 3),
        operations_ms=round(operations_ms, 3),
        bound_by="bytes" if bytes_ms >= operations_ms else "operations",
        share=round(max(bytes_ms, operations_ms) / (step_s * 1000), 3),
    )


def bound(model: LoadedModel, machine: Machine, *, rows: int) -> Bound:
    """Steps of `rows` chats of PROMPT tokens each, measured, against the bounds. Needs a quickened model."""
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
    step_s = _best(batch.step, model.device.type, rounds=STEPS)
    needed = needs(weights, rows=rows, positions=PROMPT + STEPS // 2, numbers=model.dtype)
    return bound_of(needed, machine, rows=rows, step_s=step_s)


def _best(call: Callable[[], object], device: str, *, rounds: int = _ROUNDS) -> float:
    """Seconds of the quickest of `rounds`: others use the machine too."""
    call()
    spent = []
    for _ in range(rounds):
        _wait(device)
        begun = time.perf_counter()
        call()
        _wait(device)
        spent.append(time.perf_counter() - begun)
    return min(spent)


def _wait(device: str) -> None:
    """A card is asked, and works later."""
    if device == "cuda":
        torch.cuda.synchronize()
