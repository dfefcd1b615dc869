"""Readers who hang up on a real worker, over real connections: nothing of theirs stays."""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from inference import strict_json as strict
from inference.contracts import ReplyRequest, WordingLimits

READERS = 100
MOST_GROWTH_MB = 12.0
"""Of the second hundred over the first; a few come from what torch and Python keep for use again."""
MOST_MORE = 2
"""Threads or files: a connection may just be closing."""
GIVES_BACK = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "0",
}
"""So that memory let go leaves the process, and what is seen of it is what is held."""
DEADLINE_S = 60.0


async def leave(http: httpx.AsyncClient, asked: bytes, *, at_once: bool) -> None:
    """Before the first words, or when they are there; the rest of the reply would take long."""
    async with http.stream("POST", "/v1/reply", content=asked) as answer:
        assert answer.status_code == 200
        if not at_once:
            await anext(answer.aiter_raw())


async def emptied(http: httpx.AsyncClient) -> None:
    """When the worker holds nothing of anybody."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            status = (await http.get("/status")).json()
            if (status["rows"], status["speaking"], status["waiting"]) == (0, 0, 0):
                return
            await asyncio.sleep(0.05)


async def megabytes(http: httpx.AsyncClient) -> float:
    figures = (await http.get("/metrics")).text
    return float(re.search(r"^pixelated_worker_memory_bytes (\S+)$", figures, re.M)[1]) / 1e6


def held_by(process: int) -> tuple[int, int]:
    """Its threads and its open files, connections among them."""
    own = Path(f"/proc/{process}")
    return len(os.listdir(own / "task")), len(os.listdir(own / "fd"))


@pytest.mark.faults
async def test_a_hundred_readers_who_hang_up_leave_nothing_in_the_worker(
    start_worker: Callable[..., object], asking: Callable[..., ReplyRequest], secret: str
) -> None:
    worker = start_worker(**GIVES_BACK)
    limits = WordingLimits("Marcus", max_words=400)
    request = asking(
        candidates=1, max_tokens=600, max_segments=20, limits=limits, first_words_deadline_s=DEADLINE_S
    )
    asked = strict.dumps(request.to_json())
    held, memory = [], []
    async with httpx.AsyncClient(
        base_url=worker.url,
        headers={"Authorization": f"Bearer {secret}"},
        limits=httpx.Limits(max_connections=READERS, max_keepalive_connections=1),
        timeout=DEADLINE_S,
    ) as http:
        for _ in range(2):
            async with asyncio.timeout(DEADLINE_S):
                await asyncio.gather(
                    *(leave(http, asked, at_once=number % 3 > 0) for number in range(READERS))
                )
            await emptied(http)
            memory.append(await megabytes(http))
            held.append(held_by(worker.process.pid))
    assert all(late - early <= MOST_MORE for early, late in zip(*held, strict=True)), held
    assert memory[1] - memory[0] < MOST_GROWTH_MB, memory
