"""The wire form of both directions: what a browser may send, and how an event looks on the socket."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.chat.errors import FrameError, failure_words
from apps.encounters.enums import EventKind, TurnStatus
from apps.encounters.models import Turn
from apps.encounters.queries import EventView
from apps.encounters.services import CONTINUES
from apps.safety.panels import panel_frame
from inference.vocabulary import cues

MAX_FRAME_BYTES = 64 * 1024
Frame = dict[str, Any]
TurnDetails = Mapping[UUID, Mapping[str, object]]


@dataclass(frozen=True)
class Send:
    client_id: UUID
    text: str
    parent_id: UUID | None
    continues: bool


@dataclass(frozen=True)
class Stop:
    turn_id: UUID


@dataclass(frozen=True)
class AboutMe:
    pass


@dataclass(frozen=True)
class Resume:
    after_seq: int


@dataclass(frozen=True)
class Ping:
    pass


Incoming = Send | Stop | AboutMe | Resume | Ping


def read_frame(raw: str | bytes) -> Incoming:
    """What a browser sent.

    Raises:
        FrameError: bad_json, bad_frame, frame_too_large or unknown_type; the message holds nothing of what was sent.
    """
    if isinstance(raw, bytes):
        raise FrameError("bad_frame")
    if len(raw) > MAX_FRAME_BYTES or len(raw.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise FrameError("frame_too_large")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise FrameError("bad_json") from None
    if not isinstance(value, dict):
        raise FrameError("bad_frame")
    read = _READERS.get(value.get("type")) if isinstance(value.get("type"), str) else None
    if read is None:
        raise FrameError("unknown_type")
    return read(value)


def _send(value: Frame) -> Send:
    text = value.get("text")
    if not isinstance(text, str):
        raise FrameError("bad_frame")
    continues = "parent_id" not in value
    parent = value.get("parent_id")
    return Send(_id(value.get("client_id")), text, None if parent is None else _id(parent), continues)


def _resume(value: Frame) -> Resume:
    after = value.get("after_seq")
    if type(after) is not int or not 0 <= after < 2**31:
        raise FrameError("bad_frame")
    return Resume(after)


def _id(value: object) -> UUID:
    if not isinstance(value, str) or len(value) > 36:
        raise FrameError("bad_frame")
    try:
        return UUID(value)
    except ValueError:
        raise FrameError("bad_frame") from None


_READERS = {
    "turn.send": _send,
    "turn.stop": lambda value: Stop(_id(value.get("turn_id"))),
    "about_me": lambda value: AboutMe(),
    "resume": _resume,
    "ping": lambda value: Ping(),
}


def frames_of(events: Iterable[EventView], *, details: TurnDetails) -> list[Frame]:
    """Events as they go over the socket; `details` adds what a mode tells of a finished turn (ledger, coach)."""
    return [_frame(event, details) for event in events]


def _frame(event: EventView, details: TurnDetails) -> Frame:
    head: Frame = {"type": str(event.kind), "seq": event.seq}
    return head | _BODIES[event.kind](event, details)


def _accepted(event: EventView, details: TurnDetails) -> Frame:
    return accepted_frame(_turn(event), text=event.text, seq=event.seq)


def accepted_frame(turn: Turn, *, text: str, seq: int) -> Frame:
    """The frame of a turn that was just opened."""
    parent = str(turn.parent_id) if turn.parent_id else None
    return {
        "type": str(EventKind.ACCEPTED),
        "seq": seq,
        "turn_id": str(turn.pk),
        "client_id": str(turn.client_id),
        "parent_id": parent,
        "text": text,
        "n": turn.n,
    }


def _segment(event: EventView, details: TurnDetails) -> Frame:
    return {"turn_id": str(_turn(event).pk), "n": event.n, "text": event.text, "cue": cue_frame(event.cue)}


def _finished(event: EventView, details: TurnDetails) -> Frame:
    turn = _turn(event)
    return finished_frame(turn, told=details.get(turn.pk, {}), seq=event.seq)


def finished_frame(turn: Turn, *, told: Mapping[str, object], seq: int) -> Frame:
    """The frame of a turn that was closed; `told` is what its mode tells of it, where it counts."""
    told = told if turn.status in CONTINUES else {}
    error = None
    if turn.status == TurnStatus.FAILED:
        error = {"code": turn.error_code, "message": failure_words(turn.error_code), "retryable": True}
    return {
        "type": str(EventKind.FINISHED),
        "seq": seq,
        "turn_id": str(turn.pk),
        "status": str(turn.status),
        "source": str(turn.source),
        "ledger": told.get("ledger"),
        "coach": told.get("coach"),
        "error": error,
        "engine_ms": turn.timings.get("engine_ms"),
    }


def _utterance(event: EventView, details: TurnDetails) -> Frame:
    utterance = event.utterance
    assert utterance is not None
    return {
        "utterance_id": str(utterance.pk),
        "kind": utterance.kind,
        "text": event.text,
        "cue": cue_frame(event.cue),
    }


def _replaced(event: EventView, details: TurnDetails) -> Frame:
    return {"turn_id": str(_turn(event).pk), "why": event.facts.get("why", "")}


_BODIES = {
    EventKind.ACCEPTED: _accepted,
    EventKind.SEGMENT: _segment,
    EventKind.FINISHED: _finished,
    EventKind.UTTERANCE: _utterance,
    EventKind.REPLACED: _replaced,
    EventKind.PANEL: lambda event, details: panel_frame(event.facts),
    EventKind.NOTICE: lambda event, details: dict(event.facts),
    EventKind.ENDED: lambda event, details: {},
}


def _turn(event: EventView) -> Turn:
    assert event.turn is not None
    return event.turn


def cue_frame(cue_id: str) -> Frame | None:
    cue = cues().get(cue_id)
    return {"id": cue.id, "channel": cue.channel, "text": cue.text} if cue else None


def error_frame(code: str, message: str, *, client_id: UUID | None = None) -> Frame:
    frame: Frame = {"type": "error", "seq": 0, "code": code, "message": message}
    return frame | ({"client_id": str(client_id)} if client_id else {})
