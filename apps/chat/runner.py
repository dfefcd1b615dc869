"""Answers one turn, from its opening to its end. The task belongs to the process and outlives the socket that began it.

Order of each piece: judged, sealed and committed with its number, and only then sent. Whatever happens, the turn ends
in one status; if this process dies, its lease runs out and a sweep ends it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

from django.conf import settings

from apps.chat import turns
from apps.chat.bus import bus
from apps.chat.frames import Frame
from apps.chat.hub import hub
from apps.chat.turns import Begun
from apps.core.engines import reply_source
from apps.core.middleware import AWAY
from apps.core.store import in_store
from apps.encounters import services
from apps.encounters.answering import FixedReply, Plan
from apps.encounters.enums import Source, TurnStatus
from apps.encounters.models import Turn
from apps.encounters.services import Ending
from apps.safety.asking import NOT_ASKED, Assessed, ask
from apps.safety.policy import withheld_reason
from apps.safety.turns import judge_segment
from inference.contracts import FinishedEvent, FinishReason, ModelName, SegmentEvent
from inference.errors import (
    EngineAwayError,
    EngineDeadlineError,
    EngineError,
    EngineGarbageError,
    EngineNotOfferedError,
    EngineRefusedError,
)

HEARTBEAT_S = 3.0
TURN_DEADLINE_S = 60.0
AUTHORED_PACE_S = 0.35
CLOSE_TRIES = 12
_AUTHOR_ANSWERS = (EngineAwayError, EngineDeadlineError, EngineGarbageError, EngineRefusedError)
"""Before a word was shown: nobody was there, none came in time or none could be read, or the engine would say the same
to the same words again, as where its model cannot hold them. What the author wrote is as good an answer."""

log = logging.getLogger(__name__)


@dataclass
class Answering:
    """One turn being answered by this process, and what was shown of it so far. `model`: who worded what came of it,
    shown or not."""

    organisation_id: UUID
    turn: Turn
    plan: Plan | None
    stop: asyncio.Event
    begun: Begun | None = None
    started: float = field(default_factory=time.perf_counter)
    shown: int = 0
    source: Source = Source.NONE
    replaced: bool = False
    model: ModelName | None = None
    finished: FinishedEvent | None = None
    first_ms: int | None = None
    engine_s: float = 0.0
    assess_ms: int | None = None

    @property
    def scenario(self) -> str:
        return self.begun.heard.scenario if self.begun and self.begun.heard else ""

    def since_ms(self) -> int:
        return int((time.perf_counter() - self.started) * 1000)


def start(organisation_id: UUID, begun: Begun) -> None:
    """Begin to answer a turn that was opened; returns at once."""
    turn = begun.turn
    answering = Answering(organisation_id, turn, begun.plan, hub.answering(turn.pk), begun)
    hub.keep(asyncio.create_task(_answer(answering), name=f"turn {turn.pk}"))
    if begun.plan is not None:
        hub.keep(asyncio.create_task(_record(organisation_id, begun), name=f"hearing of turn {turn.pk}"))


def announce(encounter_id: UUID, frames: list[Frame]) -> None:
    """Hand committed frames to this process's sockets, and word of them to other processes."""
    for frame in frames:
        hub.hint(encounter_id, frame)
    if frames:
        bus.tell(encounter_id, frames[-1]["seq"])


async def _answer(answering: Answering) -> None:
    try:
        await _decide(answering)
        ending = await _reply(answering)
    except EngineError as error:
        ending = Ending(TurnStatus.FAILED, answering.source, error_code=error.code)
    except AWAY:
        ending = Ending(TurnStatus.FAILED, answering.source, error_code="interrupted")
    except Exception as error:
        log.error("turn %s failed: %s", answering.turn.pk, type(error).__name__)
        await _close(answering, Ending(TurnStatus.FAILED, answering.source, error_code="interrupted"))
        raise
    finally:
        hub.answered(answering.turn.pk)
    await _close(answering, ending)


async def _decide(answering: Answering) -> None:
    """Hear what the worker's layer adds, within its limit, and let the mode decide; done where fixed words answer."""
    begun = answering.begun
    if answering.plan is not None or begun is None:
        return
    assessed = await _assessed(begun)
    answering.assess_ms = assessed.took_ms
    answering.engine_s += assessed.took_ms / 1000
    decided = await in_store(answering.organisation_id, partial(turns.decide, begun, assessed))
    answering.plan = decided.plan
    announce(answering.turn.encounter_id, decided.frames)


async def _record(organisation_id: UUID, begun: Begun) -> None:
    """What the worker sees in a turn that fixed words answer: kept for whoever reads it, and waited for by nobody."""
    assessed = await _assessed(begun)
    try:
        await in_store(organisation_id, partial(turns.decide, begun, assessed))
    except AWAY as error:
        log.warning("what the worker saw in turn %s is lost: %s", begun.turn.pk, type(error).__name__)


async def _assessed(begun: Begun) -> Assessed:
    if begun.asked is None or settings.ENGINE == "none":
        return NOT_ASKED
    return await ask(reply_source(), begun.asked)


async def _reply(answering: Answering) -> Ending:
    if answering.plan is None:  # Closed by somebody else before it could be decided: there is nothing to say.
        return Ending(TurnStatus.CANCELLED)
    if answering.plan.request is None:
        return await _say_fixed(answering, answering.plan.fixed)
    try:
        async with aclosing(reply_source().reply(answering.plan.request)) as events:
            ending = await _say_model(answering, events)
    except EngineNotOfferedError:
        raise
    except _AUTHOR_ANSWERS as error:
        if answering.shown:
            raise
        log.warning("turn %s: %s, and the author's words stand", answering.turn.pk, error.code)
        return await _say_fixed(answering, answering.plan.fixed)
    return ending or await _say_fixed(answering, answering.plan.fixed)


async def _say_model(
    answering: Answering, events: AsyncIterator[SegmentEvent | FinishedEvent]
) -> Ending | None:
    """Show the engine's segments while they are fit; None where not even the first was."""
    while True:
        event = await _next(answering, events)
        if event is None:
            return Ending(TurnStatus.STOPPED, answering.source)
        answering.model = event.model or answering.model
        if isinstance(event, FinishedEvent):
            answering.finished = event
            if event.reason == FinishReason.DEADLINE and not answering.shown:
                raise EngineDeadlineError("no words came in time")
            answering.replaced = not answering.shown
            return Ending(TurnStatus.ANSWERED, answering.source) if answering.shown else None
        verdict = judge_segment(event.text, event.findings, plan=answering.plan, scenario=answering.scenario)
        if not verdict.show:
            return await _withhold(answering, verdict.code)
        stop = await _show(answering, event.text, source=Source.MODEL, findings=verdict.facts)
        if stop:
            return Ending(TurnStatus.STOPPED, answering.source)


async def _withhold(answering: Answering, why: str) -> Ending | None:
    """A bad later segment ends the reply where it is; a bad first one is replaced by the author's words."""
    if withheld_reason(why) is not None:
        await in_store(answering.organisation_id, partial(turns.flag_withheld, answering.turn, why))
    if answering.shown:
        return Ending(TurnStatus.ANSWERED, answering.source)
    log.info("turn %s: the model's words were withheld (%s)", answering.turn.pk, why)
    answering.replaced = True
    return None


async def _next(
    answering: Answering, events: AsyncIterator[SegmentEvent | FinishedEvent]
) -> SegmentEvent | FinishedEvent | None:
    """The engine's next event, or None as soon as someone asks to stop. Renews the lease while it waits.

    Raises:
        EngineDeadlineError: the whole turn took too long.
    """
    asked = time.perf_counter()
    coming = asyncio.ensure_future(anext(events))
    stopping = asyncio.ensure_future(answering.stop.wait())
    try:
        while not coming.done():
            await asyncio.wait({coming, stopping}, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                return None
            if not coming.done() and not await _heartbeat(answering):
                return None
        return coming.result()
    finally:
        answering.engine_s += time.perf_counter() - asked
        stopping.cancel()
        if not coming.done():
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


async def _heartbeat(answering: Answering) -> bool:
    """False where the turn was closed or is to stop."""
    if answering.since_ms() > TURN_DEADLINE_S * 1000:
        raise EngineDeadlineError("the turn took too long")
    turn = answering.turn
    return await in_store(answering.organisation_id, lambda: services.renew_lease(turn)) is False


async def _say_fixed(answering: Answering, fixed: FixedReply) -> Ending:
    for text in fixed.texts:
        if answering.stop.is_set():
            return Ending(TurnStatus.STOPPED, answering.source)
        if answering.shown:
            await asyncio.sleep(AUTHORED_PACE_S)
        if await _show(answering, text, source=fixed.source, findings=[]):
            return Ending(TurnStatus.STOPPED, answering.source)
    return Ending(TurnStatus.REPLACED if answering.replaced else TurnStatus.ANSWERED, answering.source)


async def _show(
    answering: Answering, text: str, *, source: Source, findings: list[dict[str, object]]
) -> bool:
    """Commit a segment and send it; True where the reply should end here."""
    cue = "" if answering.shown else answering.plan.cue
    show = partial(
        services.show_segment,
        answering.turn,
        text,
        n=answering.shown,
        source=source,
        cue=cue,
        findings=findings,
    )
    shown = await in_store(answering.organisation_id, show)
    if shown.seq is None:
        return True
    answering.first_ms = answering.since_ms() if answering.first_ms is None else answering.first_ms
    frame = turns.segment_frame(answering.turn, n=answering.shown, text=text, cue=cue, seq=shown.seq)
    answering.shown += 1
    answering.source = source
    announce(answering.turn.encounter_id, [frame])
    return shown.stop


async def _close(answering: Answering, ending: Ending) -> None:
    """End the turn; while the database is away keep trying as long as the lease would, then leave it to the sweep."""
    complete = replace(ending, versions=_versions(answering), timings=_timings(answering))
    told = answering.plan.told if answering.plan else {}
    close = partial(turns.close, answering.turn, complete, told=told)
    for attempt in range(CLOSE_TRIES):
        try:
            frames = await in_store(answering.organisation_id, close)
        except AWAY:
            await asyncio.sleep(min(0.2 * 2**attempt, 2.0))
            continue
        announce(answering.turn.encounter_id, frames)
        if (
            not frames
        ):  # Closed before: by somebody else, or by a try whose answer was lost. Nobody was told here.
            hub.hint(answering.turn.encounter_id, None)
        return
    log.warning("turn %s is left to the sweep", answering.turn.pk)


def _versions(answering: Answering) -> dict[str, object]:
    model = answering.model
    named = {"model": model.name, "revision": model.revision} if model else {}
    adapted = {"adapter": model.adapter, "card": model.card} if model else {}
    return {**(answering.plan.versions if answering.plan else {}), **named, **adapted}


def _timings(answering: Answering) -> dict[str, object]:
    worker = answering.finished.timings if answering.finished else None
    return {
        "first_ms": answering.first_ms,
        "total_ms": answering.since_ms(),
        "engine_ms": int(answering.engine_s * 1000),
        "assess_ms": answering.assess_ms,
        "worker_first_ms": worker.first_segment_ms if worker else None,
        "worker_total_ms": worker.total_ms if worker else None,
        "tokens": worker.tokens if worker else 0,
    }
