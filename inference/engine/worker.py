"""The one thread that owns the model: what waits joins the batch, everything in it moves a token at a time.

Callers are coroutines: `reply` and `complete` put a job into a bounded queue and read its events. Between two steps
the thread takes in what there is room for, by rows and by tokens (a batch reads long prompts in parts, so that nobody
who speaks waits for a whole one); lets assessments pass; frees rows nobody listens to; and looks at deadlines. A model
that is to take over is loaded by a thread of its own while the old one speaks, which finishes what it began. Knows no
HTTP, and logs nothing that anybody wrote.
"""

import asyncio
import contextlib
import logging
import secrets
import threading
import traceback
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

from inference.completion import CompletionRequest, TextEvent
from inference.contracts import (
    FinishedEvent,
    Message,
    ModelName,
    ReplyRequest,
    SegmentEvent,
)
from inference.engine.gate import Gate
from inference.engine.generate import Batch, RowPiece
from inference.engine.inbox import Inbox, settler
from inference.engine.jobs import Asked, CompletionJob, Job, ReplyJob
from inference.engine.loader import LoadedModel
from inference.engine.prompt import Prompt, encode
from inference.engine.protocol import AdapterName, EngineStatus, RefusedAdapter
from inference.engine.race import Judge, Piece, Refuses
from inference.engine.style import Sampling
from inference.errors import (
    ContractError,
    EngineAwayError,
    EngineBusyError,
    EngineError,
    EngineUnavailableError,
    InferenceError,
    ModelError,
)

logger = logging.getLogger(__name__)

Load = Callable[[str], LoadedModel]
LOAD_DEADLINE_S = 600.0


@dataclass
class _Speaking:
    """A job in the batch: `rows[row]` is the candidate that this row speaks for."""

    job: Job
    batch: Batch
    rows: dict[int, int] = field(default_factory=dict)


@dataclass
class _Reload:
    """`model` is there, or the reason why not, once it has been loaded."""

    source: str
    done: Callable[[ModelName | InferenceError], None]
    model: LoadedModel | InferenceError | None = None


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
        self._gate = gate or Gate()
        self._waiting: deque[Job] = deque()
        self._speaking: list[_Speaking] = []
        self._wake = threading.Condition()
        self._reload: _Reload | None = None
        self._is_ready = self._is_draining = self._is_stopping = False
        self._model_name = ModelName("")
        self._speaks_borrowed = False
        self._device = ""
        self._adapters: tuple[AdapterName, ...] = ()
        self._refused: tuple[RefusedAdapter, ...] = ()
        self._first: tuple[Job, LoadedModel, Prompt] | None = None
        self._thread: threading.Thread | None = None

    # Called from the event loop.

    async def start(self) -> None:
        """Load and warm up; returns when ready, or raises the ModelError that kept it from being."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[ModelName] = loop.create_future()
        with self._wake:
            self._begin_loading(_Reload(self._source, settler(loop, ready)))
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
            return EngineStatus(
                ready=self._is_ready and not self._is_draining,
                model=self._model_name,
                waiting=len(self._waiting),
                speaking=len(self._speaking),
                rows=sum(len(speaking.rows) for speaking in self._speaking),
                detail="draining" if self._is_draining else "",
                adapters=self._adapters,
                refused=self._refused,
                device=self._device,
            )

    async def reload(self, source: str) -> ModelName:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[ModelName] = loop.create_future()
        with self._wake:
            if self._reload is not None:
                raise EngineBusyError("a model is being loaded already", retry_after_s=10)
            self._begin_loading(_Reload(source or self._source, settler(loop, done)))
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

    def _begin_loading(self, asked: _Reload) -> None:
        self._reload = asked
        threading.Thread(target=self._load_beside, args=(asked,), name="loading", daemon=True).start()

    # Called from the loading thread. Loading changes torch's default number format for every thread: our own step names
    # its formats, but transformers' forward has to wait.

    def _load_beside(self, asked: _Reload) -> None:
        alone = self._gate.behind() if self._speaks_borrowed else contextlib.nullcontext()
        try:
            with alone:
                model: LoadedModel | InferenceError = self._load(asked.source)
            _warm_up(model)
        except Exception as error:  # whatever a model's files provoke, the caller must hear of it
            _log_without_words("the model cannot be loaded", error)
            model = _as_model_error(error)
        with self._wake:
            asked.model = model
            self._wake.notify_all()

    # Called from the thread that speaks.

    def _run(self) -> None:
        batch: Batch | None = None
        while not self._is_stopping:
            batch = self._take_over(batch)
            if batch is None:
                self._wait()
                continue
            try:
                self._move(batch)
            except Exception as error:  # the thread must outlive any one batch
                _log_without_words("the batch failed", error)
                self._fail_all(EngineError("the engine failed"))
                batch = Batch(batch.model)
        self._fail_all(EngineUnavailableError("the worker is stopping"))

    def _move(self, batch: Batch) -> None:
        """Once round: sweep, let in whom there is room for, one step for everybody; sleeps only when there is nothing
        to do."""
        self._sweep()
        with self._gate.behind():
            while self._admit_next(batch):
                pass
        if not self._speaking:
            self._wait()
        for speaking in {id(each.batch): each.batch for each in self._speaking}.values():
            with self._gate.behind():
                self._hear(speaking.step(), speaking)

    def _wait(self) -> None:
        with self._wake:
            is_loaded = self._reload is not None and self._reload.model is not None
            if not (self._waiting or self._is_stopping or is_loaded):
                self._wake.wait(timeout=1.0)

    def _admit_next(self, batch: Batch) -> bool:
        """Let the first in the queue in if there is room for it; nobody overtakes it."""
        with self._wake:
            job = self._waiting[0] if self._waiting else None
            if job is None or batch.rows + len(job.seeds) > self._max_rows:
                return False
        model = batch.model
        asked = job.asked_of(model.adapters)
        try:
            prompt = self._encoded(job, asked, model)
            if not batch.fits(prompt, candidates=len(job.seeds), max_tokens=job.max_tokens):
                if batch.rows:
                    return False
                raise ContractError("longer than the worker has memory for", field="messages")
        except InferenceError as error:
            self._take_out(job)
            job.fail(error)
            return True
        speaking = _Speaking(job, batch)
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
                self._stop(speaking, speaking.job.hear(own))

    def _sweep(self) -> None:
        """Free what nobody waits for, and end what is late, in the batch and in the queue."""
        for speaking in list(self._speaking):
            if speaking.job.cancelled:
                speaking.job.over = True
            late = () if speaking.job.over else speaking.job.look_at_clock()
            self._stop(speaking, late)
        with self._wake:
            queued = list(self._waiting)
        for job in queued:
            if not job.cancelled:
                job.look_at_clock()
        with self._wake:
            self._waiting = deque(job for job in self._waiting if not (job.cancelled or job.over))
            self._wake.notify_all()

    def _stop(self, speaking: _Speaking, candidates: Iterable[int]) -> None:
        stopped = set(candidates)
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
        """The batch that takes new jobs: of a model that has been loaded, if there is one; one that could not be leaves
        the old one speaking."""
        asked = self._reload
        if asked is None or asked.model is None:
            return batch
        outcome: ModelName | InferenceError
        if isinstance(asked.model, InferenceError):
            outcome = asked.model
        else:
            batch, outcome = Batch(asked.model), asked.model.name
        with self._wake:
            self._reload = None
            self._is_ready = batch is not None
            if batch is not None:
                self._model_name = batch.model.name
                self._speaks_borrowed = batch.model.weights is None
                self._device = batch.model.device.type
                own = batch.model.adapters.values()
                self._adapters = tuple(AdapterName(each.name, each.checksum, each.card) for each in own)
                self._refused = tuple(RefusedAdapter(*each) for each in batch.model.refused.items())
        asked.done(outcome)
        return batch


def _warm_up(model: LoadedModel) -> None:
    """The first run of each shape is slow; let it be ours and not a person's. A client's prompt has 200-600 tokens."""
    for sentences in (40, 90, 180):
        words = (Message("user", "Good morning. " * sentences),)
        try:
            prompt = encode(model.tokenizer, words, longest=model.context - 8)
        except ContractError:  # a model of a short context has no such shape
            break
        batch = Batch(model)
        batch.add(prompt, seeds=(1, 2, 3, 4), sampling=Sampling(), max_tokens=4)
        while batch.rows:
            batch.step()
        del batch  # on a card it holds the memory that the next one needs


def _as_model_error(error: Exception) -> ModelError:
    return (
        error
        if isinstance(error, ModelError)
        else ModelError(f"the model cannot run ({type(error).__name__})")
    )


def _log_without_words(what: str, error: Exception) -> None:
    """The place of an error and its kind; its message could hold what somebody wrote."""
    logger.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
