"""Words replies by a service outside that speaks the OpenAI protocol (vLLM, SGLang, a cloud), in place of our model.

Candidates race, are judged and cut into segments as those of our own model are. It speaks only where a request names
it, never because another engine failed, and nobody speaks in its place. A breaker keeps a service that fails from being
asked by everybody. Runs in the event loop; judging goes to a thread. Logs nothing that anybody wrote.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial

from inference.contracts import FinishedEvent, ModelName, ReplyRequest, SegmentEvent
from inference.engine.breaker import Breaker, BreakerState, Leave
from inference.engine.inbox import Inbox
from inference.engine.jobs import ReplyJob
from inference.engine.race import LOST, Judge, Piece, Refuses
from inference.engine.remote_setting import RemoteSetting
from inference.engine.remote_stream import RemoteService, Wanted
from inference.errors import (
    EngineAwayError,
    EngineBusyError,
    EngineError,
    EngineNotOfferedError,
    EngineRefusedError,
    EngineUnavailableError,
)

logger = logging.getLogger(__name__)

MOST_CANDIDATES = 2
"""Each is a request that somebody bills, and a large model's first words are rarely all unfit."""
MOST_REPLIES = 64
TICK_S = 0.1
"""How often deadlines are looked at; a tick in which nothing came counts as a step of the race, so that a candidate
that stalls does not hold up one that is ready."""


@dataclass
class _Answer:
    """A reply being given: `running` listens to each candidate that may still speak."""

    job: ReplyJob
    first_by: float
    heard: "asyncio.Queue[Piece | tuple[int, EngineError]]" = field(default_factory=asyncio.Queue)
    running: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)
    was_heard: bool = False
    error: EngineError | None = None

    def stop(self, candidates: tuple[int, ...]) -> None:
        for candidate in candidates:
            if candidate in self.running:
                self.running.pop(candidate).cancel()


class RemoteEngine:
    """Made and used in one event loop; `drain` at its end."""

    def __init__(
        self, setting: RemoteSetting, *, judge: Judge, refuses: Refuses, breaker: Breaker | None = None
    ) -> None:
        self.name = setting.name
        self.service = RemoteService(setting)
        self._model = ModelName(setting.model)
        self._judge, self._refuses = judge, refuses
        self._breaker = breaker or Breaker()
        self._answers: set[asyncio.Task[bool]] = set()
        self._is_draining = False

    @property
    def breaker_state(self) -> BreakerState:
        return self._breaker.state

    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        """A judged reply, at most MOST_CANDIDATES racing for its first words.

        Raises:
            EngineNotOfferedError: the request names another service.
            EngineAwayError, EngineBusyError: at once, while the breaker is open or too many replies are being given.
        """
        if request.remote_engine != self.name:
            raise EngineNotOfferedError("the request names another remote engine")
        if len(self._answers) >= MOST_REPLIES:
            raise EngineBusyError("the remote engine gives as many replies as it may")
        leave = None if self._is_draining else self._breaker.admit()
        if leave is None:
            raise EngineAwayError("the remote engine is not asked while it fails")
        inbox: Inbox[SegmentEvent | FinishedEvent] = Inbox()
        asked = replace(request, candidates=min(request.candidates, MOST_CANDIDATES))
        job = ReplyJob(asked, inbox.emit, judge=self._judge, refuses=self._refuses)
        first_by = time.monotonic() + min(request.first_words_deadline_s, request.deadline_s)
        task = asyncio.create_task(self._answer(_Answer(job, first_by)), name="remote reply")
        self._answers.add(task)
        task.add_done_callback(partial(self._over, leave, job))
        return inbox.events(task.cancel)

    async def drain(self, deadline_s: float) -> None:
        """Take nothing more, let what is being given finish until the deadline, then end it."""
        self._is_draining = True
        if self._answers:
            _, late = await asyncio.wait(self._answers, timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.service.aclose()

    def _over(self, leave: Leave, job: ReplyJob, task: "asyncio.Task[bool]") -> None:
        """Called also for a task that was cancelled before it began."""
        self._answers.discard(task)
        if task.cancelled():
            self._breaker.withdrew(leave)
            job.fail(EngineUnavailableError("the reply was ended"))
        elif error := task.exception():
            _log_without_words(error)
            self._breaker.withdrew(leave)
            job.fail(EngineError("the remote engine's words could not be heard"))
        elif task.result():
            self._breaker.succeeded(leave)
        else:
            self._breaker.failed(leave)

    async def _answer(self, answer: _Answer) -> bool:
        """Give the reply; whether the service did its part. A request that it refuses is answered, in its way."""
        job = answer.job
        job.begin(self._model)
        messages = job.asked_of(()).messages
        for candidate, seed in enumerate(job.seeds):
            wanted = Wanted(messages, seed, job.sampling, job.max_tokens, answer.first_by)
            answer.running[candidate] = asyncio.create_task(self._listen(answer, candidate, wanted))
        listening = list(answer.running.values())
        try:
            while not job.over:
                answer.stop(await asyncio.to_thread(_step, job, await _next_pieces(answer)))
                if answer.error is not None:
                    logger.warning(
                        "a remote reply failed: %s", answer.error
                    )  # Of our own making, without words.
                    job.fail(answer.error)
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
        return answer.was_heard if answer.error is None else isinstance(answer.error, EngineRefusedError)

    async def _listen(self, answer: _Answer, candidate: int, wanted: Wanted) -> None:
        try:
            async for said in self.service.completion(wanted):
                answer.was_heard = True
                answer.heard.put_nowait(Piece(candidate, said.text, said.ended))
        except EngineError as error:
            answer.heard.put_nowait((candidate, error))


async def _next_pieces(answer: _Answer) -> list[Piece]:
    """What came since the last step, a piece a candidate; empty after a tick without any.

    The error of one candidate loses that candidate; that of the last one is the answer's."""
    found: dict[int, Piece] = {}
    try:
        async with asyncio.timeout(TICK_S):
            coming = await answer.heard.get()
    except TimeoutError:
        return []
    while True:
        piece = _heard(answer, coming) if isinstance(coming, Piece) else _lost(answer, *coming)
        if piece is not None:
            before = found.get(piece.candidate, Piece(piece.candidate, ""))
            found[piece.candidate] = Piece(piece.candidate, before.text + piece.text, piece.ended)
        if answer.heard.empty():
            return list(found.values())
        coming = answer.heard.get_nowait()


def _heard(answer: _Answer, piece: Piece) -> Piece | None:
    """None from a candidate that was stopped: what it had on its way is nobody's."""
    return piece if piece.candidate in answer.running else None


def _lost(answer: _Answer, candidate: int, error: EngineError) -> Piece | None:
    if answer.running.pop(candidate, None) is None:
        return None
    if not answer.running:
        answer.error = error
        return None
    return Piece(candidate, "", LOST)


def _step(job: ReplyJob, pieces: list[Piece]) -> tuple[int, ...]:
    """In a thread: what is judged is read by models. The candidates to stop."""
    stop = job.hear(pieces)
    return stop if job.over else (*stop, *job.look_at_clock())


def _log_without_words(error: BaseException) -> None:
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("a remote reply failed: %s\n%s", type(error).__name__, frames)
