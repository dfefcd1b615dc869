"""The bundled model itself, fetched by our own command: it loads, speaks and keeps to its memory."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.contracts import Message, ReplyRequest, SegmentEvent, WordingLimits
from inference.engine.judge import judge, refuses
from inference.engine.loader import load, quicken
from inference.engine.worker import ModelWorker
from inference.errors import ModelError
from inference.models.catalogue import TEXT
from inference.models.fetch import fetch

ROOT = Path(__file__).resolve().parents[2]
CASE = (
    "You are Marcus Bell, 34, a forklift driver. Your manager sent you because you smelled of drink. You think that "
    "everybody has a drink after a shift. You are the client. Answer the therapist in one short spoken sentence."
)


@pytest.fixture
def bundled() -> Path:
    """The checkout's own copy, fetched if need be; where it cannot be had the test is left out, but fails under CI."""
    data = ROOT / "var"
    try:
        return fetch(TEXT, data) / TEXT.weights
    except ModelError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


async def test_the_bundled_model_gives_a_clean_segment_and_the_same_again(
    bundled: Path, asking: Callable[..., ReplyRequest]
) -> None:
    worker = ModelWorker(
        str(bundled), load=lambda source: quicken(load(source, name=TEXT.name)), judge=judge, refuses=refuses
    )
    await worker.start()
    request = asking(
        messages=(Message("system", CASE), Message("user", "How much are you drinking in a week?")),
        limits=WordingLimits("Marcus Bell"),
        first_words_deadline_s=60.0,
    )
    replies = []
    for _ in range(2):
        async with contextlib.aclosing(worker.reply(request)) as events:
            replies.append([event async for event in events])
    await worker.drain(1)
    first = [event.text for event in replies[0] if isinstance(event, SegmentEvent)]
    assert not refuses(replies[0][0].findings)
    assert first == [event.text for event in replies[1] if isinstance(event, SegmentEvent)]
    assert replies[0][-1].model == TEXT.name
    assert len(first[0].split()) >= 2
