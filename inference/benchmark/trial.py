"""Conversations against one engine: all at once, each turn by turn, every answer timed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from inference.benchmark.engines import Engine
from inference.benchmark.figures import Answer, Figures, figures
from inference.benchmark.workload import Conversation


class Tokens(Protocol):
    """The model's own tokenizer, to count and to read what engines say."""

    def count(self, text: str) -> int: ...

    def text(self, ids: Sequence[int]) -> str: ...


async def trial(
    engine: Engine, talks: Sequence[Conversation], tokens: Tokens, *, progress: Callable[[], None]
) -> Figures:
    begun = time.perf_counter()
    given = await asyncio.gather(*(_talk(engine, talk, tokens, progress) for talk in talks))
    wall_s = time.perf_counter() - begun
    return figures([answer for own in given for answer in own], wall_s=wall_s, memory_mb=engine.memory_mb())


async def _talk(
    engine: Engine, talk: Conversation, tokens: Tokens, progress: Callable[[], None]
) -> list[Answer]:
    answers: list[str] = []
    timed = []
    for turn, length in enumerate(talk.lengths):
        begun, first, said, ids = time.perf_counter(), None, "", []
        async for piece in engine.ask(talk.messages(turn, answers), length):
            first = time.perf_counter() - begun if first is None else first
            if isinstance(piece, str):
                said += piece
            else:
                ids += piece
        total = time.perf_counter() - begun
        said = said or tokens.text(ids)
        timed.append(Answer(total if first is None else first, total, len(ids) or tokens.count(said)))
        answers.append(said)
        progress()
    return timed
