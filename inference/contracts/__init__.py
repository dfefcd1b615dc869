"""What the web process and the worker say to each other: requests, answers, events of a streamed reply.

Torch-free and without Django, so that both sides import the same shapes. Parsing is strict: types, sizes
and unknown keys are checked, and a ContractError names the field without repeating its content. Nothing here
knows HTTP or a model.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from inference.contracts.assess import Assessment, AssessRequest, BehaviourCode, Label
from inference.contracts.messages import (
    MAX_BODY_BYTES,
    MAX_FACTS,
    MAX_FINDINGS,
    MAX_LABELS,
    MAX_LINE_BYTES,
    MAX_MESSAGE_CHARACTERS,
    MAX_MESSAGES,
    MAX_SEGMENT_CHARACTERS,
    MAX_STREAM_BYTES,
    Finding,
    FinishReason,
    Message,
    Mode,
    Person,
    Role,
    Speaker,
)
from inference.contracts.reply import (
    STRAYS_FROM,
    Adapted,
    ErrorEvent,
    FinishedEvent,
    ModelName,
    ReplyEvent,
    ReplyRequest,
    SegmentEvent,
    Timings,
    Usage,
    WordingLimits,
    event_from_json,
)


class ReplySource(Protocol):
    """What words a reply: the worker by HTTP (`client.WorkerClient`) or `testing.ScriptedEngine`.

    `reply` yields SegmentEvents and one last FinishedEvent, or raises an EngineError; closing the iterator
    cancels. `assess` takes as long as it is used to where no deadline is named."""

    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]: ...

    async def assess(self, request: AssessRequest, *, deadline_s: float | None = None) -> Assessment: ...

    async def health(self) -> bool: ...


__all__ = [
    "Adapted",
    "AssessRequest",
    "Assessment",
    "BehaviourCode",
    "ErrorEvent",
    "Finding",
    "FinishReason",
    "FinishedEvent",
    "Label",
    "MAX_BODY_BYTES",
    "MAX_FACTS",
    "MAX_FINDINGS",
    "MAX_LABELS",
    "MAX_LINE_BYTES",
    "MAX_MESSAGES",
    "MAX_MESSAGE_CHARACTERS",
    "MAX_SEGMENT_CHARACTERS",
    "MAX_STREAM_BYTES",
    "Message",
    "Mode",
    "ModelName",
    "Person",
    "ReplyEvent",
    "ReplyRequest",
    "ReplySource",
    "Role",
    "STRAYS_FROM",
    "SegmentEvent",
    "Speaker",
    "Timings",
    "Usage",
    "WordingLimits",
    "event_from_json",
]
