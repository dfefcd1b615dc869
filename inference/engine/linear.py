"""One matrix of a model against the tokens of a step, in the arithmetic that this machine is quickest in.

`Exact` multiplies in the model's own numbers. `Whole` multiplies whole numbers of eight bits: a scale for every output
of the weights, found once, and one for every token, found in the step. Sums of whole numbers come out the same in any
order, so that a token's result does not depend on how many others share the step. Knows shapes, not models.

Measured on one core of an EPYC with avx512_vnni, 576 x 3072, microseconds for 1 / 4 / 16 / 64 tokens: bfloat16 by
`linear` 502 / 601 / 697 / 1527, bfloat16 packed for oneDNN 373 / 252 / 408 / 1210, `_weight_int8pack_mm` 342 / 447 /
1183 / 3851, `_int_mm`, which `Whole` uses, 270 / 296 / 394 / 773. Packed bfloat16 leads for two to eight tokens and on
the widest matrices; a second form of all weights for those alone would take memory for little, so none is kept.
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import torch
from torch.nn import functional

_MOST = 127
_RESIDUE = 2 * _MOST
"""What rounding leaves is at most half a step: this many times larger it fills eight bits of its own."""
_SMALLEST = 1e-8
_INTEGER_FLAGS = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp")


class Kernel(StrEnum):
    EXACT = "exact"
    WHOLE = "whole"


def best_kernel(device: str) -> Kernel:
    """By the processor's flags and not by a stopwatch: a machine that chose otherwise after a restart would give other
    words for the same seed."""
    if device != "cpu":
        return Kernel.EXACT
    try:
        flags = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return Kernel.EXACT
    return Kernel.WHOLE if any(flag in flags for flag in _INTEGER_FLAGS) else Kernel.EXACT


class Linear(Protocol):
    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """`[tokens, inputs]` to `[tokens, outputs]`, float32 on the whole-number path, else the weights' type."""

    @property
    def bytes(self) -> int:
        """Read from memory whenever it is called."""


class Exact:
    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        self._weight, self._bias = weight, bias

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        return functional.linear(tokens, self._weight, self._bias)

    @property
    def bytes(self) -> int:
        return self._weight.nbytes


class Whole:
    """`fine` takes the inputs in sixteen bits, as two numbers of eight: for what feeds `down`, whose few large values
    would leave the others none. It costs a second row for every token."""

    def __init__(
        self, parts: Iterable[torch.Tensor], bias: torch.Tensor | None = None, *, fine: bool = False
    ) -> None:
        """`parts` are the weights by outputs, from the first; only one of them needs to be there at a time."""
        whole, scales = [], []
        for part in parts:
            scale = part.abs().amax(1).clamp_min(_SMALLEST) / _MOST
            whole.append((part / scale[:, None]).round_().to(torch.int8))
            scales.append(scale)
        self._weight, self._scale = torch.cat(whole).t(), torch.cat(scales)
        self._bias = None if bias is None else bias.float()
        self._fine = fine

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        steps = tokens.abs().amax(1, keepdim=True).clamp_min_(_SMALLEST).div_(_MOST)
        scaled = tokens / steps
        sums = self._fine_sums(scaled) if self._fine else self._sums(scaled.round_().to(torch.int8))
        given = sums.mul_(self._scale).mul_(steps)
        return given if self._bias is None else given.add_(self._bias)

    def _sums(self, whole: torch.Tensor) -> torch.Tensor:
        return torch._int_mm(whole, self._weight).float()

    def _fine_sums(self, scaled: torch.Tensor) -> torch.Tensor:
        high = scaled.round()
        low = (scaled - high).mul_(_RESIDUE).round_()
        coarse, rest = self._sums(torch.cat((high, low)).to(torch.int8)).chunk(2)
        return coarse.add_(rest, alpha=1 / _RESIDUE)

    @property
    def bytes(self) -> int:
        return self._weight.nbytes
