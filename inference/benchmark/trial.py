"""Conversations against one engine: all at once, each turn by turn, every answer timed, those that fail counted."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from inference.benchmark.engines import Engine
from inference.benchmark.errors import AnswerError
from inference.benchmark.figures import Answer, Figures, figures
from inference.benchmark.workload import Conversation
from inference.contracts import Message


class Tokens(Protocol):
    """The model's own tokenizer, to count and to read what engines say."""

    def count(self, text: str) -> int: ...

    def text(self, ids: Sequence[int]) -> str: ...


async def trial(
    engine: Engine, talks: Sequence[Conversation], tokens: Tokens, *, progress: Callable[[], None]
) -> Figures:
    """An AnswerError where not one answer came whole."""
    asked_before = engine.asked_again
    begun = time.perf_counter()
    given = await asyncio.gather(*(_talk(engine, talk, tokens, progress) for talk in talks))
    wall_s = time.perf_counter() - begun
    answers = [each for own in given for each in own if isinstance(each, Answer)]
    failures = [each for own in given for each in own if isinstance(each, str)]
    if not answers:
        raise AnswerError(f"none of {len(failures)} answers came whole: {', '.join(sorted(set(failures)))}")
    return figures(
        answers,
        wall_s=wall_s,
        memory_mb=engine.memory_mb(),
        failures=failures,
        asked_again=engine.asked_again - asked_before,
    )


async def _talk(
    engine: Engine, talk: Conversation, tokens: Tokens, progress: Callable[[], None]
) -> list[Answer | str]:
    """Each answer, or why it failed; a talk goes on after one that did."""
    answers: list[str] = []
    timed: list[Answer | str] = []
    for turn, length in enumerate(talk.lengths):
        try:
            said, each = await _answer(engine, talk.messages(turn, answers), length, tokens)
        except AnswerError as error:
            said, each = "", str(error)
        answers.append(said)
        timed.append(each)
        progress()
    return timed


async def _answer(
    engine: Engine, messages: Sequence[Message], length: int, tokens: Tokens
) -> tuple[str, Answer]:
    begun, first, said, ids = time.perf_counter(), None, "", []
    async for piece in engine.ask(messages, length):
        first = time.perf_counter() - begun if first is None else first
        if isinstance(piece, str):
            said += piece
        else:
            ids += piece
    total = time.perf_counter() - begun
    said = said or tokens.text(ids)
    return said, Answer(total if first is None else first, total, len(ids) or tokens.count(said))
