"""What the worker's thread is asked to do, from receipt to the last event: a judged reply, or a raw completion.

Torch-free. A job turns pieces of text into events for its caller and says which of its candidates to stop; it has
deadlines but no queue and no rows.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from inference.completion import CompletionRequest, TextEvent
from inference.contracts import (
    FinishedEvent,
    FinishReason,
    Message,
    ModelName,
    ReplyRequest,
    SegmentEvent,
    Timings,
    Usage,
)
from inference.engine.race import Heard, Judge, Piece, Race, Refuses
from inference.engine.style import Sampling
from inference.errors import EngineDeadlineError, InferenceError
from inference.persona import FORM_VERSION

JobEvent = SegmentEvent | TextEvent | FinishedEvent | InferenceError
Emit = Callable[[JobEvent], None]
COMPLETION_DEADLINE_S = 300.0


@dataclass(frozen=True)
class Asked:
    """What a model is asked, and the adapter on it that it is asked of; "" is the model as it is."""

    messages: tuple[Message, ...]
    adapter: str = ""


class Job(Protocol):
    seeds: tuple[int, ...]
    sampling: Sampling
    max_tokens: int
    cancelled: bool
    over: bool

    def asked_of(self, adapters: Collection[str]) -> Asked:
        """What a model with these adapters is asked; the last answer is the one that is used."""

    def begin(self, model: ModelName, *, prompt_tokens: int | None = None) -> None:
        """It has left the queue; `model` will speak, having read a prompt of that length."""

    def hear(self, pieces: Sequence[Piece]) -> tuple[int, ...]:
        """Take one step's pieces; the candidates to stop."""

    def look_at_clock(self) -> tuple[int, ...]:
        """End or hurry what is late; the candidates to stop."""

    def fail(self, error: InferenceError) -> None: ...


class _Timed:
    """The clock, the count and the last word that both kinds of job share."""

    def __init__(self, emit: Emit, *, seeds: tuple[int, ...], deadline_s: float) -> None:
        self.seeds = seeds
        self.cancelled = False
        self.over = False
        self._emit = emit
        self._received = time.monotonic()
        self._deadline_at = self._received + deadline_s
        self._model = ModelName("")
        self._queued_ms = 0
        self._first_ms: int | None = None
        self._prompt_tokens: int | None = None
        self._sampled = [0] * len(seeds)
        self._speaker: int | None = None

    def begin(self, model: ModelName, *, prompt_tokens: int | None = None) -> None:
        self._model, self._prompt_tokens = model, prompt_tokens
        self._queued_ms = self._since_ms()

    def fail(self, error: InferenceError) -> None:
        if not self.over:
            self.over = True
            self._emit(error)

    def _count(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._sampled[piece.candidate] += 1

    def _usage(self) -> Usage | None:
        if self._prompt_tokens is None:
            return None
        spoken = 0 if self._speaker is None else self._sampled[self._speaker]
        return Usage(self._prompt_tokens, spoken, sum(self._sampled))

    def _send(self, event: SegmentEvent | TextEvent) -> None:
        self._first_ms = self._since_ms() if self._first_ms is None else self._first_ms
        if isinstance(event, SegmentEvent):
            self._speaker = event.candidate
            event = replace(event, model=self._model, usage=self._usage())
        self._emit(event)

    def _finish(self, reason: FinishReason) -> None:
        if self.over:
            return
        self.over = True
        timings = Timings(self._queued_ms, self._first_ms, self._since_ms(), sum(self._sampled))
        self._emit(FinishedEvent(reason, self._model, timings, self._usage()))

    def _since_ms(self) -> int:
        return int((time.monotonic() - self._received) * 1000)


class ReplyJob(_Timed):
    def __init__(self, request: ReplyRequest, emit: Emit, *, judge: Judge, refuses: Refuses) -> None:
        seeds = tuple(candidate_seed(request.seed, number) for number in range(request.candidates))
        super().__init__(emit, seeds=seeds, deadline_s=request.deadline_s)
        self.max_tokens = request.max_tokens
        self.sampling = Sampling()
        self._request = request
        self._first_words_at = self._received + request.first_words_deadline_s
        self._race = Race(request, judge=judge, refuses=refuses)

    def asked_of(self, adapters: Collection[str]) -> Asked:
        request, adapted = self._request, self._request.adapted
        if adapted is None or adapted.adapter not in adapters or adapted.form != FORM_VERSION:
            self._race.hold_to(request.limits)
            return Asked(request.messages)
        self._race.hold_to(replace(request.limits, strays_from=adapted.strays_from))
        return Asked(adapted.messages, adapted.adapter)

    def hear(self, pieces: Sequence[Piece]) -> tuple[int, ...]:
        self._count(pieces)
        return self._follow(self._race.hear(pieces))

    def look_at_clock(self) -> tuple[int, ...]:
        now = time.monotonic()
        everyone = tuple(range(len(self.seeds)))
        if now >= self._deadline_at and self._race.has_spoken:
            self._finish(FinishReason.DEADLINE)
            return everyone
        if self._race.has_spoken or now < min(self._first_words_at, self._deadline_at):
            return ()
        heard = self._race.hurry()
        if heard is None:
            self.fail(EngineDeadlineError("no segment was ready in time"))
            return everyone
        return self._follow(heard)

    def _follow(self, heard: Heard) -> tuple[int, ...]:
        for event in heard.events:
            self._send(event)
        if heard.finished is not None:
            self._finish(heard.finished)
        return heard.stop


class CompletionJob(_Timed):
    def __init__(self, request: CompletionRequest, emit: Emit, *, seed: int) -> None:
        super().__init__(emit, seeds=(seed,), deadline_s=COMPLETION_DEADLINE_S)
        self._messages = request.messages
        self.max_tokens = request.max_tokens
        self._speaker = 0
        self.sampling = Sampling(request.temperature, request.top_p, repetition_penalty=1.0)

    def asked_of(self, adapters: Collection[str]) -> Asked:
        return Asked(self._messages)

    def hear(self, pieces: Sequence[Piece]) -> tuple[int, ...]:
        self._count(pieces)
        for piece in pieces:
            if piece.text:
                self._send(TextEvent(piece.text))
            if piece.ended:
                self._finish(FinishReason.DONE if piece.ended == "stop" else FinishReason.LENGTH)
        return ()

    def look_at_clock(self) -> tuple[int, ...]:
        if time.monotonic() < self._deadline_at:
            return ()
        self._finish(FinishReason.DEADLINE)
        return (0,)


def candidate_seed(seed: int, number: int) -> int:
    """Neighbouring seeds must not share candidates, as `seed + number` would."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:8]) >> 1
