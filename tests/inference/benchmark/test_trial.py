"""A trial against a real server of which some streams fail."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from inference.benchmark.engines import Engine
from inference.benchmark.errors import AnswerError
from inference.benchmark.trial import trial
from inference.benchmark.workload import conversations

Answering = Callable[..., AbstractAsyncContextManager[Engine]]
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
GOOD = HEAD + b'data: {"choices": [{"delta": {"content": "Well, I know."}}]}\n\ndata: [DONE]\n\n'
BAD = HEAD + b'data: {"error": {"code": "engine_failed"}}\n\ndata: [DONE]\n\n'


class Words:
    def count(self, text: str) -> int:
        return len(text.split())

    def text(self, ids: object) -> str:
        return ""


async def test_a_failed_stream_counts_as_failed_and_not_as_a_fast_short_answer(answering: Answering) -> None:
    progress: list[int] = []
    async with answering(GOOD, BAD, b"", GOOD) as engine:
        talks = conversations(1, turns=3)
        made = await trial(engine, talks, Words(), progress=lambda: progress.append(1))
    assert (made.answers, made.failed_answers, made.why_failed) == (2, 1, {"engine_failed": 1})
    assert (made.asked_again, len(progress)) == (1, 3)


async def test_a_trial_without_one_answer_has_no_figures(answering: Answering) -> None:
    async with answering(BAD, BAD) as engine:
        with pytest.raises(AnswerError, match="none of 2 answers came whole: engine_failed"):
            await trial(engine, conversations(2, turns=1), Words(), progress=lambda: None)
