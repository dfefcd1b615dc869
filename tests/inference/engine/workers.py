"""Workers around the tiny random model, with judges that are easy to follow, and how to listen to them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from inference.contracts import Finding, FinishedEvent, ReplyRequest, SegmentEvent, WordingLimits
from inference.engine.loader import LoadedModel, load, quicken, use_threads
from inference.engine.worker import ModelWorker

Asking = Callable[..., ReplyRequest]
Starting = Callable[..., contextlib.AbstractAsyncContextManager[ModelWorker]]


def dislikes_e(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
    """The fewer of the letter, the better; only much of it is refused."""
    return (Finding("letter_e", min(1.0, text.count("e") / 20), "holds e"),)


def likes_all(findings: Sequence[Finding]) -> bool:
    return False


def load_quietly(source: str) -> LoadedModel:
    use_threads(1)
    return quicken(load(source))


@contextlib.asynccontextmanager
async def started(source: str, **settings: object) -> AsyncIterator[ModelWorker]:
    given = {"load": load_quietly, "judge": dislikes_e, "refuses": likes_all} | settings
    worker = ModelWorker(source, **given)  # type: ignore[arg-type]
    await worker.start()
    try:
        yield worker
    finally:
        await worker.drain(0.1)


async def reply(worker: ModelWorker, request: ReplyRequest) -> list[SegmentEvent | FinishedEvent]:
    async with contextlib.aclosing(worker.reply(request)) as events:
        return [event async for event in events]


def texts(events: Sequence[object]) -> list[str]:
    return [event.text for event in events if isinstance(event, SegmentEvent)]


async def idle(worker: ModelWorker) -> None:
    async with asyncio.timeout(5):
        while worker.status().speaking or worker.status().waiting:  # noqa: ASYNC110 - its state has no event
            await asyncio.sleep(0.01)
