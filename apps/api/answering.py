"""Says the reply to a message that was heard: segments, each judged before it leaves, or fixed words.

The model's words, the author's where none of those are fit or the engine cannot take the request, the protocol's where
policy decided: the same order as in the chat, and what was kept back is put up for a look as there. Stores no words. A
failure of the engine before any word is an error; after one it ends the reply with one.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from apps.api.errors import ApiError, AwayError, UnfitError
from apps.api.exchange import Ready
from apps.api.flagging import About, put_up
from apps.core.engines import reply_source
from apps.core.store import in_store
from apps.encounters.enums import Source
from apps.safety.models import Flag
from apps.safety.policy import withheld_reason
from apps.safety.turns import Judged, judge_segment
from inference.contracts import FinishedEvent, FinishReason, ModelName, Usage
from inference.errors import (
    EngineBusyError,
    EngineDeadlineError,
    EngineError,
    EngineNotOfferedError,
    EngineRefusedError,
)

RETRY_AFTER_S = 5
_CUT_BY = (FinishReason.LENGTH, FinishReason.DEADLINE)

log = logging.getLogger(__name__)


@dataclass
class Reply:
    """What was said so far, by whom; `cut` where the model ran into a limit of length or time. `model` and `usage` are
    those of the model that was asked, also where its words were kept back; None where none was, or the engine does not
    say. `flags`: what people of the organisation were asked to look at in what the model worded."""

    segments: list[str] = field(default_factory=list)
    source: Source = Source.NONE
    model: ModelName | None = None
    usage: Usage | None = None
    cut: bool = False
    flags: list[Flag] = field(default_factory=list)

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
                reply.model, reply.usage = event.model or reply.model, event.usage or reply.usage
                if isinstance(event, FinishedEvent):
                    reply.cut = event.reason in _CUT_BY
                    if event.reason == FinishReason.DEADLINE and not reply.segments:
                        raise EngineDeadlineError("no words came in time")
                    return
                verdict = judge_segment(event.text, event.findings, plan=ready.plan, scenario=ready.scenario)
                if not verdict.show:
                    await _withhold(ready, reply, verdict)
                    return
                yield event.text
    except EngineError as error:
        if reply.segments or not _is_refusal(error):
            raise _answered(error) from error
        log.error("request %s: %s, and the author's words stand", ready.asked.request_id, error.code)


async def _withhold(ready: Ready, reply: Reply, verdict: Judged) -> None:
    """Put words that were kept back up for a look, where it was for a kind that somebody should know of."""
    asked = ready.asked
    log.info("request %s: the model's words were withheld (%s)", asked.request_id, verdict.code)
    reason = withheld_reason(verdict.code)
    if reason is None:
        return
    facts = {"withheld": verdict.code, "worded": verdict.facts}
    about = About(ready.mode, asked.request_id, asked.user_id, facts)
    reply.flags += await in_store(
        ready.holder.organisation_id, partial(put_up, ready.holder, [reason], about)
    )


def _is_refusal(error: EngineError) -> bool:
    """Whether the engine would say the same to the same request: it is longer than its model can hold, for one."""
    return isinstance(error, EngineRefusedError) and not isinstance(error, EngineNotOfferedError)


def _answered(error: EngineError) -> ApiError:
    """An engine's error in our words, by code, never as text."""
    log.warning("the engine did not answer: %s", error.code)
    wait_s = error.retry_after_s if isinstance(error, EngineBusyError) else RETRY_AFTER_S
    if error.retryable:
        return AwayError(error.code, retry_after_s=wait_s)
    return UnfitError(
        error.code, "The engine does not take this request as it is: asking again will not help."
    )
