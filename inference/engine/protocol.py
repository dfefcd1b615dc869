"""What the server asks of an engine, so that the model's worker and the scripted engine can stand in one place."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from inference.completion import CompletionRequest, TextEvent
from inference.contracts import FinishedEvent, ModelName, ReplyRequest, SegmentEvent
from inference.persona import FORM_VERSION


@dataclass(frozen=True)
class AdapterName:
    """`checksum` is the SHA-256 of what was loaded, `card` the version that its card gives it."""

    name: str
    checksum: str
    card: str = ""


@dataclass(frozen=True)
class RefusedAdapter:
    """One that should speak and does not; the model without it speaks in its place. `why` is for operators."""

    name: str
    why: str


@dataclass(frozen=True)
class EngineStatus:
    """`waiting` requests are queued, `speaking` have rows in the batch, `rows` are those rows. `form` is the one that
    adapters are asked in here."""

    ready: bool
    model: ModelName
    waiting: int = 0
    speaking: int = 0
    rows: int = 0
    detail: str = ""
    adapters: tuple[AdapterName, ...] = ()
    refused: tuple[RefusedAdapter, ...] = ()
    form: int = FORM_VERSION
    device: str = ""


class Speaks(Protocol):
    """What words replies, be it the worker's own engine or a remote one. `reply` may raise an EngineError when called
    or while iterated; closing it cancels."""

    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]: ...


class Engine(Speaks, Protocol):
    """The worker's own. `complete` behaves as `reply` does."""

    def complete(self, request: CompletionRequest) -> AsyncIterator[TextEvent | FinishedEvent]: ...

    def status(self) -> EngineStatus: ...

    async def start(self) -> None:
        """Returns when the engine is warm; a ModelError if it cannot be."""

    async def reload(self, source: str) -> ModelName:
        """Speak with another model from the next reply on; those being given finish with the old one."""

    async def drain(self, deadline_s: float) -> None:
        """Take nothing more, let what is being given finish until the deadline, then end it."""
