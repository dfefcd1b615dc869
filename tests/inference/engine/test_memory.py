"""Memory goes back to the system, and no more often than is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inference.engine.memory import MOST_KERNELS, GivesBack, keep_few_kernels, own_zeros, sparing

PIECES, PIECE = 4096, 16 << 10


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def test_it_is_done_when_it_is_time_and_not_before() -> None:
    now = [0.0]
    giving = GivesBack(clock=lambda: now[0], every_s=20)
    if giving._trim is None:
        pytest.skip("another C library")
    done = []
    for second in (1, 19, 20, 21, 39, 40):
        now[0] = second
        done.append(giving.now_and_then())
    assert done == [False, False, True, False, False, True]


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures of a process")
def test_what_was_let_go_between_what_is_kept_goes_back() -> None:
    giving = GivesBack(every_s=0)
    if giving._trim is None:
        pytest.skip("another C library")
    pieces = [bytearray(PIECE) for _ in range(PIECES)]
    kept = pieces[::64]
    full = resident_mb()
    del pieces
    assert giving.now_and_then() is True
    assert full - resident_mb() > 0.7 * PIECES * PIECE / 1e6
    assert len(kept) == PIECES // 64


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures of a process")
def test_large_pieces_go_back_at_once_while_sparing() -> None:
    with sparing():
        pieces = [bytearray(4 << 20) for _ in range(32)]
        kept = [bytearray(4 << 10) for _ in range(64)]
        full = resident_mb()
        del pieces
        assert full - resident_mb() > 100
    assert len(kept) == 64


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's figures of a process")
def test_noughts_are_memory_only_where_they_are_written_and_until_they_are_let_go() -> None:
    before = resident_mb()
    noughts = own_zeros((64, 1 << 20), dtype=torch.bfloat16, device=torch.device("cpu"))
    assert noughts.dtype == torch.bfloat16
    assert not noughts.any()
    assert resident_mb() - before < 30
    noughts[:32] = 1
    assert resident_mb() - before > 60
    assert bool(noughts[31].all()) and not noughts[32].any()
    del noughts
    assert resident_mb() - before < 10


def test_noughts_of_no_size_are_a_tensor_too() -> None:
    assert own_zeros((2, 0, 3), dtype=torch.float32, device=torch.device("cpu")).shape == (2, 0, 3)


def test_the_number_of_kernels_is_bounded_unless_somebody_chose() -> None:
    environ: dict[str, str] = {}
    chosen = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "7"}
    keep_few_kernels(environ)
    keep_few_kernels(chosen)
    assert environ == {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": str(MOST_KERNELS)}
    assert chosen == {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "7"}


ONE_SHAPE_AGAIN_AFTER_MANY = f"""
import torch
from inference.engine.memory import keep_few_kernels
keep_few_kernels()
def product(rows):
    torch.ones(rows, 64, dtype=torch.bfloat16) @ torch.ones(64, 64, dtype=torch.bfloat16)
product(1000)
for rows in range(8, 8 + {MOST_KERNELS}):
    product(rows)
product(1000)
"""


def test_a_kernel_not_used_for_long_is_let_go_by_one_dnn() -> None:
    told = _run(ONE_SHAPE_AGAIN_AFTER_MANY, ONEDNN_VERBOSE="profile_create").stdout.splitlines()
    made = [line for line in told if "1000x64:64x64" in line]
    if not made:
        pytest.skip("this machine's products are not oneDNN's")
    assert [("cache_miss" in line, "cache_hit" in line) for line in made] == [(True, False)] * 2


EIGHT_THREADS = """
import ctypes, threading
from inference.engine.memory import keep_one_heap
{first}
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
together = threading.Barrier(8)
def take():
    together.wait()
    library.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.malloc_stats()
"""


def test_threads_share_one_heap() -> None:
    apart, shared = (_run(EIGHT_THREADS.format(first=first)).stderr for first in ("", "keep_one_heap()"))
    if apart.count("Arena ") < 2:
        pytest.skip("another C library")
    assert shared.count("Arena ") == 1


def _run(program: str, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ONEDNN")}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=own | environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
