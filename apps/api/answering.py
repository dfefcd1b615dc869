"""Says the reply to a message that was heard: segments, each judged before it leaves, or fixed words.

The model's words, the author's where none of those are fit, the protocol's where policy decided: the same order as in
the chat. Stores nothing. A failure of the engine before any word is an error; after one it ends the reply with one.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from apps.api.errors import ApiError, AwayError
from apps.api.exchange import Ready
from apps.core.engines import reply_source
from apps.encounters.enums import Source
from apps.safety.turns import judge_segment
from inference.contracts import FinishedEvent, FinishReason, ModelName
from inference.errors import EngineBusyError, EngineDeadlineError, EngineError

RETRY_AFTER_S = 5

log = logging.getLogger(__name__)


@dataclass
class Reply:
    """What was said so far, by whom; `cut` where the model ran into a limit of length or time."""

    segments: list[str] = field(default_factory=list)
    source: Source = Source.NONE
    model: ModelName | None = None
    cut: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.segments)


async def speak(ready: Ready, reply: Reply) -> AsyncIterator[str]:
    """The reply's segments in order, each fit to leave; `reply` tells of the whole as it grows.

    Raises:
        ApiError: the engine did not answer.
    """
    if ready.plan.request is not None:
        async with aclosing(_model_words(ready, reply)) as words:
            async for text in words:
                reply.source = Source.MODEL
                reply.segments.append(text)
                yield text
    if not reply.segments:
        reply.source = ready.plan.fixed.source
        for text in ready.plan.fixed.texts:
            reply.segments.append(text)
            yield text


async def said(ready: Ready) -> Reply:
    """The whole reply."""
    reply = Reply()
    async for _ in speak(ready, reply):
        pass
    return reply


async def _model_words(ready: Ready, reply: Reply) -> AsyncIterator[str]:
    """The model's segments while they are fit; a bad one ends it."""
    try:
        async with aclosing(reply_source().reply(ready.plan.request)) as events:
            async for event in events:
                if isinstance(event, FinishedEvent):
                    reply.model, reply.cut = event.model, event.reason == FinishReason.LENGTH
                    if event.reason == FinishReason.DEADLINE and not reply.segments:
                        raise EngineDeadlineError("no words came in time")
                    return
                verdict = judge_segment(event.text, event.findings, plan=ready.plan, scenario=ready.scenario)
                if not verdict.show:
                    log.info(
                        "request %s: the model's words were withheld (%s)",
                        ready.asked.request_id,
                        verdict.code,
                    )
                    return
                yield event.text
    except EngineError as error:
        raise _answered(error) from error


def _answered(error: EngineError) -> ApiError:
    """An engine's error in our words, by code, never as text."""
    log.warning("the engine did not answer: %s", error.code)
    wait_s = error.retry_after_s if isinstance(error, EngineBusyError) else RETRY_AFTER_S
    if error.retryable:
        return AwayError(error.code, retry_after_s=wait_s)
    return ApiError("engine_failed")
