"""Which device a model runs on, in which numbers, and whether its weights can be held in fewer bits there.

Knows devices and their abilities, no models.
"""

import os
from pathlib import Path

import torch

from inference.engine.linear import Kernel, best_kernel
from inference.engine.setting import Device, Quantise
from inference.errors import ModelError

BFLOAT16_FROM = (8, 0)
"""The compute capability (Ampere) from which a card multiplies bfloat16 itself; older ones emulate it."""


def device_for(asked: Device, *, has_card: bool | None = None) -> str:
    """ "cuda" or "cpu"; a ModelError where a card was asked for and there is none. `has_card` None looks."""
    there = torch.cuda.is_available() if has_card is None else has_card
    if asked is Device.CUDA and not there:
        raise ModelError(
            "a CUDA card was asked for (PIXELATED_DEVICE or --device) and torch finds none: install torch with CUDA, "
            "or ask for auto or cpu"
        )
    return "cuda" if there and asked is not Device.CPU else "cpu"


def best_dtype(device: str, *, capability: tuple[int, int] | None = None) -> torch.dtype:
    """The numbers in which this device is quickest. On a card bfloat16 from compute capability 8.0, else float16;
    `capability` None asks the card.

    On a processor bfloat16 where it computes in it: measured on 2 cores with avx512_bf16, a 250-token prompt takes
    0.26 s against 0.43 s, four rows' step 47 ms against 81 ms, and memory halves. Elsewhere it is emulated and slow."""
    if device == "cuda":
        able = torch.cuda.get_device_capability() if capability is None else capability
        return torch.bfloat16 if able >= BFLOAT16_FROM else torch.float16
    try:
        flags = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return torch.float32
    return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else torch.float32


def kernel_for(device: str, quantise: Quantise, *, dtype: torch.dtype = torch.bfloat16) -> Kernel:
    """How the matrices multiply; a ModelError where the device cannot hold weights in so few bits."""
    if quantise is Quantise.NONE:
        return best_kernel(device)
    if device != "cuda":
        raise ModelError(
            "quantised loading (PIXELATED_QUANTISE or --quantise) needs a CUDA card: on a processor weights are "
            "held in eight bits by themselves where it multiplies those quickest"
        )
    if quantise is Quantise.EIGHT:
        return Kernel.WHOLE
    if dtype is not torch.bfloat16:
        raise ModelError("weights of four bits need a card of compute capability 8.0 or more; 8bit does not")
    return Kernel.FOUR


def cores_to_compute_on(available: int | None = None) -> int:
    """OMP_NUM_THREADS where it is set, else all but one of the cores this process may use, at least one: what streams,
    asks and stores needs a core too, and when it takes one, every other thread of a product waits for that share.

    Measured on a machine of two, the asking process on the same two, tokens a second for 1 / 4 / 16 chats at once: one
    core 26 / 65 / 145, both 17 / 50 / 115, though with nothing else running a step on both is a quarter quicker."""
    told = int(os.environ.get("OMP_NUM_THREADS") or 0)
    return told or max(1, (available or len(os.sched_getaffinity(0))) - 1)
