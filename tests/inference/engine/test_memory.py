"""Memory goes back to the system, and no more often than is asked."""

import sys
from pathlib import Path

import pytest

from inference.engine.memory import GivesBack, sparing

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
