"""Gives memory that nobody uses back to the system.

Keys and values of many sizes come and go; what the C library keeps of them for later grows with every size there was.
Measured over 60 replies of four candidates to prompts of 120 to 700 tokens: from 870 MB to 1,244 MB, of which 400 MB
were nobody's, and went back in 42 ms.
"""

import contextlib
import ctypes
import math
import mmap
import os
import time
from collections.abc import Callable, Iterator, MutableMapping

import torch

EVERY_S = 2.0
_MMAP_THRESHOLD = -3
"""What glibc's `mallopt` calls the size from which a piece of memory is the system's own and goes back when let go."""
_ARENAS = -8
"""What it calls the most heaps that threads may have of their own."""
_SMALL, _USUAL = 1 << 20, 8 << 20
_KERNELS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
MOST_KERNELS = 96


def _trim() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; None where the C library is another."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None


class GivesBack:
    """`now_and_then` may be called at any time by one thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, every_s: float = EVERY_S) -> None:
        self._clock, self._every_s = clock, every_s
        self._trim = _trim()
        self._last = clock()

    def now_and_then(self) -> bool:
        """Whether it was time to."""
        if self._trim is None or self._clock() - self._last < self._every_s:
            return False
        self._trim(0)
        self._last = self._clock()
        return True


@contextlib.contextmanager
def sparing() -> Iterator[None]:
    """While a model is loaded: what is large and soon let go goes back at once, and does not stay with the process as
    holes (1.30 GB at most where it was 1.58). Steps are slower meanwhile, by a third and more, so not for longer."""
    try:
        tune = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        yield
        return
    tune(_MMAP_THRESHOLD, _SMALL)
    try:
        yield
    finally:
        tune(_MMAP_THRESHOLD, _USUAL)
        GivesBack(every_s=0).now_and_then()


def own_zeros(size: tuple[int, ...], *, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Noughts in pages of their own, which are memory only once they are written to, and the system's again with the
    tensor: of what grows and shrinks in pieces of some MB the C library keeps holes as large as itself."""
    length = math.prod(size)
    if device.type != "cpu" or not length or not hasattr(mmap, "MAP_PRIVATE"):
        return torch.zeros(size, dtype=dtype, device=device)
    pages = mmap.mmap(-1, length * dtype.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return torch.frombuffer(pages, dtype=dtype).view(size)


def keep_few_kernels(environ: MutableMapping[str, str] = os.environ) -> None:
    """oneDNN compiles a kernel for every shape it meets and keeps a thousand; prompts and rows come in more. To be
    called before its first product; a number that somebody chose stays."""
    environ.setdefault(_KERNELS, str(MOST_KERNELS))


def keep_one_heap() -> None:
    """What one thread lets go another may take: one thread at a time computes, and nothing is gained by a heap for
    each. To be called before there are threads."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 1)
