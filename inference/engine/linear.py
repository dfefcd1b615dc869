"""One matrix of a model against the tokens of a step, in the arithmetic that this machine is quickest in.

`Exact` multiplies in the model's own numbers. `Whole` multiplies whole numbers of eight bits: a scale for every output
of the weights, found once, and one for every token, found in the step. Sums of whole numbers come out the same in any
order, so that a token's result does not depend on how many others share the step. `Four` holds weights in four bits
and multiplies in bfloat16. Knows shapes, not models.

Measured on one core of an EPYC with avx512_vnni, 576 x 3072, microseconds for 1 / 4 / 16 / 64 tokens: bfloat16 by
`linear` 502 / 601 / 697 / 1527, bfloat16 packed for oneDNN 373 / 252 / 408 / 1210, `_weight_int8pack_mm` 342 / 447 /
1183 / 3851, `_int_mm` 270 / 296 / 394 / 773. All matrices of the bundled model one after the other, as a step reads
them from memory, milliseconds for 1 / 4 / 8 / 16 / 64 / 256 tokens: `_int_mm` 19 / 25 / 28 / 33 / 57 / 203, weights
packed for FBGEMM 10 / 11 / 12 / 25 / 74 / 289, and these take the scale with them. Both sum the same
whole numbers, so that `Whole` keeps both and takes the quicker. On a card neither `Whole` nor `Four` was measured.
"""

import warnings
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

import torch
from torch.nn import functional

from inference.errors import ModelError

_MOST = 127
_RESIDUE = 2 * _MOST
"""What rounding leaves is at most half a step: this many times larger it fills eight bits of its own."""
_SMALLEST = 1e-8
_INTEGER_FLAGS = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp")


_PACKED_ROWS = 24
"""Up to so many rows the packed form is the quicker."""
_PACKING = "fbgemm"
_PACKED_FLAG = "avx512_vnni"
"""On processors without it FBGEMM adds pairs of products in sixteen bits, which overflow."""
_MIDDLE = 128
"""FBGEMM takes inputs without a sign; this is its zero."""
_CARD_ROWS = 32
"""The product of whole numbers on a card takes no fewer than 17 rows, in sizes of 8."""
_CARD_SIZE = 8
_GROUP = 32
"""Inputs that share a step in four bits, the fewest that torch's product takes: with 64 a model strays half as far
again."""
_TILES = (8, 4, 2)


class Kernel(StrEnum):
    EXACT = "exact"
    WHOLE = "whole"
    FOUR = "four"


def best_kernel(device: str) -> Kernel:
    """By the processor's flags and not by a stopwatch: a machine that chose otherwise after a restart would give other
    words for the same seed."""
    if device != "cpu":
        return Kernel.EXACT
    flags = _flags()
    return Kernel.WHOLE if any(flag in flags for flag in _INTEGER_FLAGS) else Kernel.EXACT


def _flags() -> str:
    """What the processor says it can do; "" where the system does not tell."""
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return ""


class Linear(Protocol):
    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        """`[tokens, inputs]` to `[tokens, outputs]`, float32 on the whole-number path, else the weights' type."""

    @property
    def bytes(self) -> int:
        """Read from memory whenever it is called."""

    @property
    def products(self) -> int:
        """Multiplications, each with an addition, for one token."""


class Exact:
    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        self._weight, self._bias = weight, bias

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        return functional.linear(tokens, self._weight, self._bias)

    @property
    def bytes(self) -> int:
        return self._weight.nbytes

    @property
    def products(self) -> int:
        return self._weight.numel()


class Whole:
    """`fine` takes the inputs in sixteen bits, as two numbers of eight: for what feeds `down`, whose few large values
    would leave the others none. It costs a second row for every token."""

    def __init__(
        self,
        parts: Iterable[torch.Tensor],
        bias: torch.Tensor | None = None,
        *,
        fine: bool = False,
        few: bool = False,
    ) -> None:
        """`parts` are the weights by outputs, from the first; only one of them needs to be there at a time. `few` keeps
        no form for many rows, where there is one for few."""
        whole, scales = [], []
        for part in parts:
            scale = part.abs().amax(1).clamp_min_(_SMALLEST) / _MOST
            whole.append((part / scale[:, None]).round_().to(torch.int8))
            scales.append(scale)
        weight, self._scale = torch.cat(whole), torch.cat(scales) / _MOST
        if weight.is_cuda and any(size % _CARD_SIZE for size in weight.shape):
            raise ModelError("a matrix of this model has a size that a card cannot multiply in eight bits")
        can_pack = weight.device.type == "cpu" and packing_holds()
        self._packed = _for_few(weight, self._scale) if can_pack else None
        self._weight = None if few and self._packed is not None else weight.t()
        self._bias = None if bias is None else bias.float()
        self._size, self._fine = weight.numel(), fine

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        most = tokens.abs().amax(1, keepdim=True).clamp_min_(_SMALLEST)
        scaled = tokens * (_MOST / most)
        given = (self._fine_sums(scaled) if self._fine else self._sums(scaled)).mul_(most)
        return given if self._bias is None else given.add_(self._bias)

    def _sums(self, scaled: torch.Tensor) -> torch.Tensor:
        """What the rounded rows give, times the weights' scale. FBGEMM would round too, but what it has moved by its
        zero, and so a number just under a half the other way."""
        scaled = scaled.round()
        if self._packed is not None and (self._weight is None or len(scaled) <= _PACKED_ROWS):
            return torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
                scaled, 1.0, _MIDDLE, self._packed
            )
        assert self._weight is not None
        missing = _CARD_ROWS - len(scaled) if scaled.is_cuda else 0
        whole = scaled.to(torch.int8)
        if missing > 0:
            whole = functional.pad(whole, (0, 0, 0, missing))
        return torch._int_mm(whole, self._weight)[: len(scaled)] * self._scale

    def _fine_sums(self, scaled: torch.Tensor) -> torch.Tensor:
        high = scaled.round()
        low = (scaled - high).mul_(_RESIDUE)
        coarse, rest = self._sums(torch.cat((high, low))).chunk(2)
        return coarse.add_(rest, alpha=1 / _RESIDUE)

    @property
    def bytes(self) -> int:
        return self._size

    @property
    def products(self) -> int:
        return self._size * (2 if self._fine else 1)


def _for_few(weight: torch.Tensor, scale: torch.Tensor) -> torch.ScriptObject:
    """The weights as FBGEMM reads them. Which library packs is torch's global setting; nothing else here uses it. torch
    warns that it will part with tensors of this kind: `packing_holds` is then false, and `_int_mm` does all."""
    before = torch.backends.quantized.engine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        made = torch._make_per_channel_quantized_tensor(
            weight, scale.double(), torch.zeros(len(scale), dtype=torch.int64), 0
        )
    try:
        torch.backends.quantized.engine = _PACKING
        return torch.ops.quantized.linear_prepack(made, None)
    finally:
        torch.backends.quantized.engine = before


@cache
def packing_holds() -> bool:
    """Whether this torch and processor sum packed whole numbers exactly, the largest there are among them."""
    if _PACKING not in torch.backends.quantized.supported_engines or _PACKED_FLAG not in _flags():
        return False
    chance = torch.Generator().manual_seed(0)
    weight = torch.randint(-_MOST, _MOST + 1, (64, 256), generator=chance, dtype=torch.int8)
    rows = torch.randint(-_MOST, _MOST + 1, (3, 256), generator=chance).float()
    weight[0], rows[0] = _MOST, _MOST
    try:
        packed = _for_few(weight, torch.ones(len(weight)))
        given = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(rows, 1.0, _MIDDLE, packed)
    except (AttributeError, RuntimeError):  # a torch that has parted with them
        return False
    return torch.equal(given, rows @ weight.float().t())


class Four:
    """Weights in four bits, sixteen even steps between the least and the largest of a group of inputs; each group has
    a step and a middle in bfloat16. torch's own product unpacks them as it goes."""

    def __init__(self, parts: Iterable[torch.Tensor], bias: torch.Tensor | None = None) -> None:
        """`parts` as in `Whole`. A ModelError where the inputs do not divide, or the device cannot do it."""
        codes, steps = [], []
        for part in parts:
            own_codes, own_steps = _in_four_bits(part)
            codes.append(own_codes)
            steps.append(own_steps)
        self._packed, self._steps = _packed(torch.cat(codes)), torch.cat(steps, dim=1).contiguous()
        self._bias = None if bias is None else bias.float()

    def __call__(self, tokens: torch.Tensor) -> torch.Tensor:
        product = torch._weight_int4pack_mm if tokens.is_cuda else torch._weight_int4pack_mm_for_cpu
        given = product(tokens.to(torch.bfloat16), self._packed, _GROUP, self._steps).float()
        return given if self._bias is None else given.add_(self._bias)

    @property
    def bytes(self) -> int:
        return self._packed.nbytes + self._steps.nbytes

    @property
    def products(self) -> int:
        groups, outputs, _ = self._steps.shape
        return groups * _GROUP * outputs


def four_bits_hold(device: str) -> bool:
    """Whether four bits give on this device what they stand for: how torch packs them differs between devices and has
    changed between its versions, and packed otherwise they would speak nonsense."""
    chance = torch.Generator().manual_seed(0)
    weight = torch.randn(64, 256, generator=chance).to(device)
    tokens = torch.randn(3, 256, generator=chance).to(device).bfloat16()
    codes, steps = _in_four_bits(weight)
    step, middle = steps.transpose(0, 1).float().repeat_interleave(_GROUP, dim=1).unbind(2)
    wanted = tokens.float() @ ((codes.float() - 8) * step + middle).t()
    return bool((Four([weight])(tokens) - wanted).norm() < 0.02 * wanted.norm())


def _in_four_bits(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes 0-15 as `weight`, and each group's step and value of code 8, `[groups, outputs, 2]`."""
    if weight.shape[1] % _GROUP:
        raise ModelError("a matrix of this model has inputs that cannot be held in four bits")
    grouped = weight.float().unflatten(1, (-1, _GROUP))
    least, most = grouped.amin(2), grouped.amax(2)
    step = ((most - least).clamp_min(_SMALLEST) / 15).to(torch.bfloat16)
    middle = (least + step.float() * 8).to(torch.bfloat16)
    codes = ((grouped - middle.float()[..., None]) / step.float()[..., None] + 8).round_().clamp_(0, 15)
    return codes.flatten(1).to(torch.uint8), torch.stack((step, middle), dim=2).transpose(0, 1)


def _packed(codes: torch.Tensor) -> torch.Tensor:
    """As torch's product wants them on this device: on a card two codes a byte, the even one above."""
    tiles = next(each for each in _TILES if codes.shape[1] % (16 * each) == 0)
    if not codes.is_cuda:
        return torch._convert_weight_to_int4pack_for_cpu(codes.to(torch.int32), tiles)
    if codes.shape[0] % _CARD_SIZE:
        raise ModelError("a matrix of this model has a size that a card cannot multiply in four bits")
    pairs = (codes[:, ::2] << 4) | codes[:, 1::2]
    return torch._convert_weight_to_int4pack(pairs.contiguous(), tiles)
