"""The one thread that owns the model: what waits joins the batch, everything in it moves a token at a time.

Callers are coroutines: `reply` and `complete` put a job into a bounded queue and read its events. Between two steps
the thread takes in what there is room for, by rows and by tokens (a batch reads long prompts in parts, so that nobody
who speaks waits for a whole one); lets assessments pass; frees rows nobody listens to; and looks at deadlines. A model
that is to take over is loaded by a thread of its own while the old one speaks, which finishes what it began. Whatever
runs a model passes the gate, one thread at a time.

What breaks over one job fails that one alone; what breaks a batch fails those who speak in it, and another is begun.
Where that cannot be, the worker is not ready, and tries again. Knows no HTTP, and logs nothing that anybody wrote.
"""

import asyncio
import logging
import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace

from inference.completion import CompletionRequest, TextEvent
from inference.contracts import FinishedEvent, ModelName, ReplyRequest, SegmentEvent
from inference.engine.gate import Gate
from inference.engine.generate import Batch, RowPiece
from inference.engine.inbox import Inbox, settler
from inference.engine.jobs import Asked, CompletionJob, Job, ReplyJob
from inference.engine.loader import LoadedModel
from inference.engine.loading import Load, Loading, as_model_error, loaded, spoken_of
from inference.engine.memory import GivesBack
from inference.engine.prompt import Prompt, encode
from inference.engine.protocol import EngineStatus
from inference.engine.race import Judge, Piece, Refuses
from inference.errors import (
    ContractError,
    EngineAwayError,
    EngineBusyError,
    EngineError,
    EngineUnavailableError,
    InferenceError,
)
from inference.wordless import log_without_words

logger = logging.getLogger(__name__)

LOAD_DEADLINE_S = 600.0


@dataclass
class _Speaking:
    """A job in the batch: `rows[row]` is the candidate that this row speaks for."""

    job: Job
    batch: Batch
    rows: dict[int, int] = field(default_factory=dict)


class ModelWorker:
    def __init__(
        self,
        source: str,
        *,
        load: Load,
        judge: Judge,
        refuses: Refuses,
        queue_size: int = 128,
        max_rows: int = 128,
        gate: Gate | None = None,
    ) -> None:
        self._source, self._load = source, load
        self._judge, self._refuses = judge, refuses
        self._queue_size, self._max_rows = queue_size, max_rows
        self._gate, self._memory = gate or Gate(), GivesBack()
        self._waiting: deque[Job] = deque()
        self._speaking: list[_Speaking] = []
        self._wake = threading.Condition()
        self._loading: Loading | None = None
        self._is_ready = self._is_draining = self._is_stopping = False
        self._model: LoadedModel | None = None
        self._spoken_of = EngineStatus(ready=False, model=ModelName(""))
        self._first: tuple[Job, LoadedModel, Prompt] | None = None
        self._thread: threading.Thread | None = None

    # Called from the event loop.

    async def start(self) -> None:
        """Load and warm up; returns when ready, or raises the ModelError that kept it from being."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[ModelName] = loop.create_future()
        with self._wake:
            self._begin_loading(Loading(self._source, settler(loop, ready)))
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()
        await ready

    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        """Queue a judged reply; EngineBusyError here and not later when the queue is full."""
        inbox = Inbox()
        job = ReplyJob(request, inbox.emit, judge=self._judge, refuses=self._refuses)
        self._submit(job)
        return inbox.events(lambda: self._cancel(job))

    def complete(self, request: CompletionRequest) -> AsyncIterator[TextEvent | FinishedEvent]:
        inbox = Inbox()
        seed = secrets.randbits(63) if request.seed is None else request.seed
        job = CompletionJob(request, inbox.emit, seed=seed)
        self._submit(job)
        return inbox.events(lambda: self._cancel(job))

    def status(self) -> EngineStatus:
        with self._wake:
            return replace(
                self._spoken_of,
                ready=self._is_ready and not self._is_draining,
                waiting=len(self._waiting),
                speaking=len(self._speaking),
                rows=sum(len(speaking.rows) for speaking in self._speaking),
                detail="draining" if self._is_draining else "",
            )

    async def reload(self, source: str) -> ModelName:
        """An empty source is that of the model which speaks."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[ModelName] = loop.create_future()
        with self._wake:
            if self._is_stopping:
                raise EngineAwayError("the worker is stopping")
            if self._loading is not None:
                raise EngineBusyError("a model is being loaded already", retry_after_s=10)
            self._begin_loading(Loading(source or self._source, settler(loop, done)))
        return await asyncio.wait_for(done, LOAD_DEADLINE_S)

    async def drain(self, deadline_s: float) -> None:
        with self._wake:
            self._is_draining = True
        await asyncio.to_thread(self._wait_until_idle, deadline_s)
        with self._wake:
            self._is_stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, 10)

    def _wait_until_idle(self, deadline_s: float) -> None:
        with self._wake:
            self._wake.wait_for(lambda: not (self._waiting or self._speaking), timeout=deadline_s)

    def _submit(self, job: Job) -> None:
        with self._wake:
            if self._is_draining or not self._is_ready:
                raise EngineAwayError("the worker is not ready")
            if len(self._waiting) >= self._queue_size:
                raise EngineBusyError(retry_after_s=1 + len(self._waiting) // 8)
            if len(job.seeds) > self._max_rows:
                raise EngineError("more candidates than the worker has rows")
            self._waiting.append(job)
            self._wake.notify_all()

    def _cancel(self, job: Job) -> None:
        with self._wake:
            job.cancelled = True
            self._wake.notify_all()

    def _begin_loading(self, asked: Loading) -> None:
        self._loading = asked
        threading.Thread(target=self._load_beside, args=(asked,), name="loading", daemon=True).start()

    # Called from the loading thread.

    def _load_beside(self, asked: Loading) -> None:
        speaks_borrowed = self._model is not None and self._model.weights is None
        model = loaded(asked.source, load=self._load, gate=self._gate, alone=speaks_borrowed)
        with self._wake:
            asked.model = model
            self._wake.notify_all()

    # Called from the thread that speaks.

    def _run(self) -> None:
        try:
            self._speak()
        finally:
            self._end()

    def _speak(self) -> None:
        batch: Batch | None = None
        while not self._is_stopping:
            batch = self._take_over(batch) or self._begin_again()
            if batch is None:
                self._sweep()
                self._wait(can_speak=False)
            elif not self._moves(batch):
                batch = None  # its memory goes back before another one is made

    def _moves(self, batch: Batch) -> bool:
        """Once round; False when the batch broke, and those who spoke in it were told."""
        try:
            self._move(batch)
        except Exception as error:  # the thread must outlive any one batch
            log_without_words(logger, "the batch failed", error)
            self._fail_all(EngineError("the engine failed"))
            return False
        return True

    def _begin_again(self) -> Batch | None:
        """Another batch of the model that speaks; None before there is one, and where none can be made."""
        if self._model is None:
            return None
        batch = None
        try:
            batch = self._batch_of(self._model)
        except Exception as error:  # as above; there may be memory for it in a while
            if self._is_ready:
                log_without_words(logger, "the worker cannot go on, and tries again", error)
        with self._wake:
            self._is_ready = batch is not None
        return batch

    def _batch_of(self, model: LoadedModel) -> Batch:
        with self._gate.behind():
            return Batch(model)

    def _end(self) -> None:
        """However the thread ends, nobody goes on waiting for it."""
        gone = EngineUnavailableError("the worker is stopping")
        with self._wake:
            self._is_ready, self._is_stopping = False, True
            asked, self._loading = self._loading, None
        self._fail_all(gone)
        if asked is not None:
            asked.done(gone)

    def _move(self, batch: Batch) -> None:
        """Once round: sweep, let in whom there is room for, one step for everybody; sleeps only when there is nothing
        to do."""
        with self._gate.behind():
            self._sweep()
            while self._admit_next(batch):
                pass
        if not self._speaking:
            self._wait()
        for speaking in {id(each.batch): each.batch for each in self._speaking}.values():
            with self._gate.behind():
                self._hear(speaking.step(), speaking)
        self._memory.now_and_then()

    def _wait(self, *, can_speak: bool = True) -> None:
        with self._wake:
            is_loaded = self._loading is not None and self._loading.model is not None
            if not ((self._waiting and can_speak) or self._is_stopping or is_loaded):
                self._wake.wait(timeout=1.0)

    def _admit_next(self, batch: Batch) -> bool:
        """Let the first in the queue in if there is room for it; nobody overtakes it."""
        with self._wake:
            job = self._waiting[0] if self._waiting else None
            if job is None or batch.rows + len(job.seeds) > self._max_rows:
                return False
        speaking = _Speaking(job, batch)
        try:
            return self._admit(speaking)
        except Exception as error:  # whatever one prompt provokes is nobody else's
            self._take_out(job)
            self._forget(speaking)
            job.fail(_told(error))
            return True

    def _admit(self, speaking: _Speaking) -> bool:
        job, batch = speaking.job, speaking.batch
        model = batch.model
        asked = job.asked_of(model.adapters)
        prompt = self._encoded(job, asked, model)
        if not batch.fits(prompt, candidates=len(job.seeds), max_tokens=job.max_tokens):
            if batch.rows:
                return False
            raise ContractError("longer than the worker has memory for", field="messages")
        if not self._take_out(job, speaking):
            return True
        job.begin(model.spoken_as(asked.adapter), prompt_tokens=len(prompt.ids))
        rows = batch.add(
            prompt, seeds=job.seeds, sampling=job.sampling, max_tokens=job.max_tokens, adapter=asked.adapter
        )
        speaking.rows = {row: candidate for candidate, row in enumerate(rows)}
        return True

    def _encoded(self, job: Job, asked: Asked, model: LoadedModel) -> Prompt:
        """The prompt of the first in the queue, which may be asked for before many steps until there is room."""
        if self._first is None or self._first[0] is not job or self._first[1] is not model:
            longest = model.context - job.max_tokens
            self._first = (job, model, encode(model.tokenizer, asked.messages, longest=longest))
        return self._first[2]

    def _take_out(self, job: Job, speaking: _Speaking | None = None) -> bool:
        """From the queue to those speaking, at once for whoever looks; False when it had left meanwhile."""
        with self._wake:
            self._first = None
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            if speaking is not None:
                self._speaking.append(speaking)
            return True

    def _hear(self, pieces: Iterable[RowPiece], batch: Batch) -> None:
        by_row = {piece.row: piece for piece in pieces}
        for speaking in [each for each in self._speaking if each.batch is batch]:
            own = [
                Piece(candidate, by_row[row].text, by_row[row].ended)
                for row, candidate in speaking.rows.items()
                if row in by_row
            ]
            if own:
                self._follow(speaking, lambda job, own=own: job.hear(own))

    def _sweep(self) -> None:
        """Free what nobody waits for, and end what is late, in the batch and in the queue."""
        for speaking in list(self._speaking):
            if speaking.job.cancelled:
                speaking.job.over = True
            self._follow(speaking, lambda job: () if job.over else job.look_at_clock())
        with self._wake:
            queued = list(self._waiting)
        for job in queued:
            if not job.cancelled:
                job.look_at_clock()
        with self._wake:
            self._waiting = deque(job for job in self._waiting if not (job.cancelled or job.over))
            self._wake.notify_all()

    def _follow(self, speaking: _Speaking, ask: Callable[[Job], Iterable[int]]) -> None:
        """Stop what the job says; one that breaks over what was said fails alone."""
        try:
            stopped = set(ask(speaking.job))
        except Exception as error:  # as where it is taken in
            speaking.job.fail(_told(error))
            stopped = set()
        over = speaking.job.over
        rows = [row for row, candidate in speaking.rows.items() if over or candidate in stopped]
        speaking.batch.drop(rows)
        for row in rows:
            del speaking.rows[row]
        if over:
            self._forget(speaking)

    def _forget(self, gone: _Speaking) -> None:
        with self._wake:
            self._speaking = [speaking for speaking in self._speaking if speaking is not gone]
            self._wake.notify_all()

    def _fail_all(self, error: InferenceError) -> None:
        with self._wake:
            jobs = [*(speaking.job for speaking in self._speaking)]
            if self._is_stopping:
                jobs += self._waiting
                self._waiting.clear()
            self._speaking = []
        for job in jobs:
            job.fail(error)

    def _take_over(self, batch: Batch | None) -> Batch | None:
        """The batch that takes new jobs: of a model that has been loaded, if there is one; one that cannot speak leaves
        the old one speaking."""
        asked = self._loading
        if asked is None or asked.model is None:
            return batch
        outcome: ModelName | InferenceError
        if isinstance(asked.model, InferenceError):
            outcome = asked.model
        else:
            try:
                batch, outcome = self._batch_of(asked.model), asked.model.name
            except Exception as error:  # the old one can speak on
                log_without_words(logger, "the model cannot take over", error)
                outcome = as_model_error(error)
        with self._wake:
            self._loading = None
            if isinstance(outcome, ModelName):
                self._model, self._source, self._first = asked.model, asked.source, None
                self._spoken_of = spoken_of(asked.model)
                self._is_ready = True
        asked.done(outcome)
        return batch


def _told(error: Exception) -> InferenceError:
    """What the caller hears of it; what nobody foresaw is logged."""
    if isinstance(error, InferenceError):
        return error
    log_without_words(logger, "a request failed", error)
    return EngineError("the engine failed")
