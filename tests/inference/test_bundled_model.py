"""The bundled model itself, fetched by our own command: it loads, speaks and keeps to its memory."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from inference.contracts import Message, ReplyRequest, SegmentEvent, WordingLimits
from inference.engine.judge import judge, refuses
from inference.engine.linear import Kernel
from inference.engine.loader import load, quicken
from inference.engine.rows import OwnRows, Start
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


@pytest.mark.parametrize(("kernel", "least"), [(Kernel.EXACT, 0.94), (Kernel.WHOLE, 0.9)])
@torch.inference_mode()
def test_our_own_step_mostly_prefers_the_tokens_that_transformers_prefers(
    kernel: Kernel, least: float, bundled: Path
) -> None:
    """Measured: bfloat16 against float32 .97 in transformers itself, whole numbers .95."""
    model = load(str(bundled))
    ids = model.tokenizer(CASE + " How much do you drink? I have a couple of cans at night.")["input_ids"]
    theirs = model.network(torch.tensor([ids])).logits[0].argmax(1).tolist()
    quick = quicken(model, kernel=kernel)
    rows = OwnRows(quick.weights, dtype=quick.dtype)
    rows.start(Start(tuple(ids[:10]), (0,), len(ids)))
    agreed, last = 0, {}
    for place in range(9, len(ids) - 1):
        _, logits = rows.step(last)
        agreed += int(logits[0].argmax()) == theirs[place]
        last = {0: ids[place + 1]}
    assert agreed / (len(ids) - 10) >= least
