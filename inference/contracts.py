"""What the web process and the worker say to each other: requests, answers, events of a streamed reply.

Torch-free and without Django, so that both sides import the same shapes. Parsing is strict: types, sizes
and unknown keys are checked, and a ContractError names the field without repeating its content. Nothing here
knows HTTP or a model.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from inference import strict_json as strict
from inference.errors import ContractError
from inference.strict_json import Json

MAX_BODY_BYTES = 256 * 1024
MAX_LINE_BYTES = 64 * 1024
MAX_STREAM_BYTES = 1024 * 1024
MAX_MESSAGES = 400
MAX_MESSAGE_CHARACTERS = 16_000
MAX_SEGMENT_CHARACTERS = 2_000
MAX_FACTS = 100
MAX_FINDINGS = 100
MAX_LABELS = 60


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Person(StrEnum):
    """Whom the model plays."""

    CLIENT = "client"
    COMPANION = "companion"


class Mode(StrEnum):
    """Whom the words are for; with the role it says who wrote a message (`Speaker`)."""

    PRACTICE = "practice"
    SUPPORT = "support"
    API = "api"


class Speaker(StrEnum):
    """Who wrote a message, as detectors need to know it."""

    THERAPIST = "therapist"
    CLIENT = "client"
    SEEKER = "seeker"
    COMPANION = "companion"


class FinishReason(StrEnum):
    DONE = "done"
    LENGTH = "length"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Message:
    role: str
    text: str

    @classmethod
    def from_json(cls, value: Json, field: str = "message") -> "Message":
        data = strict.mapping(value, field)
        strict.only(data, frozenset({"role", "text"}), field)
        return cls(
            role=strict.one_of(data.get("role"), f"{field}.role", tuple(Role)),
            text=strict.text(data.get("text"), f"{field}.text", longest=MAX_MESSAGE_CHARACTERS),
        )


@dataclass(frozen=True)
class Finding:
    """What a detector saw: `score` 0-1, [`start`, `end`) in characters of the judged text."""

    kind: str
    score: float
    why: str
    start: int | None = None
    end: int | None = None
    detector: str = ""
    version: str = ""

    @classmethod
    def from_json(cls, value: Json, field: str = "finding") -> "Finding":
        data = strict.mapping(value, field)
        strict.only(data, _FINDING_KEYS, field)
        start, end = (
            None
            if data.get(key) is None
            else strict.whole(data[key], f"{field}.{key}", low=0, high=MAX_MESSAGE_CHARACTERS)
            for key in ("start", "end")
        )
        return cls(
            kind=strict.text(data.get("kind"), f"{field}.kind", longest=64),
            score=strict.number(data.get("score"), f"{field}.score", low=0, high=1),
            why=strict.text(data.get("why"), f"{field}.why", longest=500, empty=True),
            start=start,
            end=end,
            detector=strict.text(data.get("detector", ""), f"{field}.detector", longest=64, empty=True),
            version=strict.text(data.get("version", ""), f"{field}.version", longest=64, empty=True),
        )


_FINDING_KEYS = frozenset({"kind", "score", "why", "start", "end", "detector", "version"})


@dataclass(frozen=True)
class WordingLimits:
    """What a reply's words must keep to. `earlier` are the speaker's own earlier replies, oldest first; `exemplars` are
    lines that do what this reply should do: words far from all of them count as something else."""

    speaker: str
    person: str = Person.CLIENT
    max_words: int = 60
    facts: Mapping[str, object] = field(default_factory=dict)
    other_names: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Json, field: str = "limits") -> "WordingLimits":
        data = strict.mapping(value, field)
        strict.only(data, _LIMITS_KEYS, field)
        facts = strict.mapping(data.get("facts", {}), f"{field}.facts")
        if len(facts) > MAX_FACTS:
            raise ContractError(f"more than {MAX_FACTS} facts", field=f"{field}.facts")
        return cls(
            speaker=strict.text(data.get("speaker"), f"{field}.speaker", longest=120),
            person=strict.one_of(data.get("person", Person.CLIENT), f"{field}.person", tuple(Person)),
            max_words=strict.whole(data.get("max_words", 60), f"{field}.max_words", low=1, high=600),
            facts=facts,
            other_names=_texts(data.get("other_names", ()), f"{field}.other_names", longest=120),
            earlier=_texts(data.get("earlier", ()), f"{field}.earlier", longest=MAX_MESSAGE_CHARACTERS),
            avoid=_texts(data.get("avoid", ()), f"{field}.avoid", longest=MAX_MESSAGE_CHARACTERS),
            exemplars=_texts(data.get("exemplars", ()), f"{field}.exemplars", longest=500),
        )


_LIMITS_KEYS = frozenset(
    {"speaker", "person", "max_words", "facts", "other_names", "earlier", "avoid", "exemplars"}
)


def _texts(value: Json, field: str, *, longest: int) -> tuple[str, ...]:
    def each(entry: Json, at: str) -> str:
        return strict.text(entry, at, longest=longest)

    return strict.many(value, field, each, most=MAX_MESSAGES)


@dataclass(frozen=True)
class ReplyRequest:
    """One reply to word. `persona` names the adapter or style asked for (`client`, `companion`).

    `seed` with the same messages gives the same text on one machine; `candidates` (1-8) race for the first
    segment; deadlines are seconds from the worker's receipt; `max_tokens` bounds each candidate."""

    request_id: str
    persona: str
    messages: tuple[Message, ...]
    limits: WordingLimits
    seed: int = 0
    candidates: int = 4
    max_segments: int = 3
    max_tokens: int = 96
    first_words_deadline_s: float = 10.0
    deadline_s: float = 60.0

    @classmethod
    def from_json(cls, value: Json, field: str = "request") -> "ReplyRequest":
        data = strict.mapping(value, field)
        strict.only(data, _REQUEST_KEYS, field)
        return cls(
            request_id=strict.text(data.get("request_id"), "request_id", longest=64),
            persona=strict.text(data.get("persona"), "persona", longest=64),
            messages=strict.many(
                data.get("messages"), "messages", Message.from_json, least=1, most=MAX_MESSAGES
            ),
            limits=WordingLimits.from_json(data.get("limits")),
            seed=strict.whole(data.get("seed", 0), "seed", low=0, high=2**63 - 1),
            candidates=strict.whole(data.get("candidates", 4), "candidates", low=1, high=8),
            max_segments=strict.whole(data.get("max_segments", 3), "max_segments", low=1, high=20),
            max_tokens=strict.whole(data.get("max_tokens", 96), "max_tokens", low=1, high=1024),
            first_words_deadline_s=strict.number(
                data.get("first_words_deadline_s", 10.0), "first_words_deadline_s", low=0.05, high=300
            ),
            deadline_s=strict.number(data.get("deadline_s", 60.0), "deadline_s", low=0.05, high=600),
        )

    def to_json(self) -> dict[str, Json]:
        return strict.plain(self)


_REQUEST_KEYS = frozenset(ReplyRequest.__dataclass_fields__)


@dataclass(frozen=True)
class SegmentEvent:
    """A judged piece of the reply. Findings are facts: the caller's policy decides whether it is shown."""

    n: int
    text: str
    findings: tuple[Finding, ...] = ()
    candidate: int = 0
    candidates: int = 1

    def to_json(self) -> dict[str, Json]:
        return {"event": "segment", **strict.plain(self)}


@dataclass(frozen=True)
class ModelName:
    name: str
    revision: str = ""
    adapter: str = ""


@dataclass(frozen=True)
class Timings:
    """Milliseconds from the worker's receipt; `tokens` counts dropped candidates' tokens too."""

    queued_ms: int = 0
    first_segment_ms: int | None = None
    total_ms: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class FinishedEvent:
    reason: str
    model: ModelName
    timings: Timings

    def to_json(self) -> dict[str, Json]:
        return {"event": "finished", **strict.plain(self)}


@dataclass(frozen=True)
class ErrorEvent:
    code: str
    retryable: bool

    def to_json(self) -> dict[str, Json]:
        return {"event": "error", **strict.plain(self)}


ReplyEvent = SegmentEvent | FinishedEvent | ErrorEvent


def event_from_json(value: Json) -> ReplyEvent:
    """One line of a reply's stream."""
    data = strict.mapping(value, "event")
    kind = strict.one_of(data.get("event"), "event", tuple(_EVENTS))
    return _EVENTS[kind](data)


def _segment(data: Mapping[str, Json]) -> SegmentEvent:
    return SegmentEvent(
        n=strict.whole(data.get("n"), "n", low=0, high=1000),
        text=strict.text(data.get("text"), "text", longest=MAX_SEGMENT_CHARACTERS),
        findings=strict.many(data.get("findings", ()), "findings", Finding.from_json, most=MAX_FINDINGS),
        candidate=strict.whole(data.get("candidate", 0), "candidate", low=0, high=64),
        candidates=strict.whole(data.get("candidates", 1), "candidates", low=1, high=64),
    )


def _finished(data: Mapping[str, Json]) -> FinishedEvent:
    model = strict.mapping(data.get("model"), "model")
    timings = strict.mapping(data.get("timings"), "timings")
    first = timings.get("first_segment_ms")
    return FinishedEvent(
        reason=strict.one_of(data.get("reason"), "reason", tuple(FinishReason)),
        model=ModelName(
            name=strict.text(model.get("name"), "model.name", longest=200),
            revision=strict.text(model.get("revision", ""), "model.revision", longest=200, empty=True),
            adapter=strict.text(model.get("adapter", ""), "model.adapter", longest=200, empty=True),
        ),
        timings=Timings(
            queued_ms=_milliseconds(timings, "queued_ms"),
            first_segment_ms=None if first is None else _milliseconds(timings, "first_segment_ms"),
            total_ms=_milliseconds(timings, "total_ms"),
            tokens=strict.whole(timings.get("tokens", 0), "timings.tokens", low=0, high=10**7),
        ),
    )


def _milliseconds(timings: Mapping[str, Json], key: str) -> int:
    return strict.whole(timings.get(key), f"timings.{key}", low=0, high=10**8)


def _error(data: Mapping[str, Json]) -> ErrorEvent:
    return ErrorEvent(
        code=strict.text(data.get("code"), "code", longest=64),
        retryable=strict.flag(data.get("retryable"), "retryable"),
    )


_EVENTS = {"segment": _segment, "finished": _finished, "error": _error}


@dataclass(frozen=True)
class AssessRequest:
    """Messages to look at, oldest first; the last one is judged, the ones before it are its history."""

    request_id: str
    messages: tuple[Message, ...]
    mode: str = Mode.SUPPORT

    @classmethod
    def from_json(cls, value: Json, field: str = "request") -> "AssessRequest":
        data = strict.mapping(value, field)
        strict.only(data, frozenset({"request_id", "messages", "mode"}), field)
        return cls(
            request_id=strict.text(data.get("request_id"), "request_id", longest=64),
            messages=strict.many(
                data.get("messages"), "messages", Message.from_json, least=1, most=MAX_MESSAGES
            ),
            mode=strict.one_of(data.get("mode", Mode.SUPPORT), "mode", tuple(Mode)),
        )

    def to_json(self) -> dict[str, Json]:
        return strict.plain(self)


@dataclass(frozen=True)
class BehaviourCode:
    """One code of `clinical.md` §1 with the span that earned it, in characters of the judged message."""

    code: str
    subtype: str
    confidence: float
    start: int
    end: int

    @classmethod
    def from_json(cls, value: Json, field: str = "code") -> "BehaviourCode":
        data = strict.mapping(value, field)
        return cls(
            code=strict.text(data.get("code"), f"{field}.code", longest=32),
            subtype=strict.text(data.get("subtype"), f"{field}.subtype", longest=32, empty=True),
            confidence=strict.number(data.get("confidence"), f"{field}.confidence", low=0, high=1),
            start=strict.whole(data.get("start"), f"{field}.start", low=0, high=MAX_MESSAGE_CHARACTERS),
            end=strict.whole(data.get("end"), f"{field}.end", low=0, high=MAX_MESSAGE_CHARACTERS),
        )


@dataclass(frozen=True)
class Label:
    """What a reading calls a message: `name` the question ("talk", "empathy.explorations", "emotion"), `label` the
    answer ("change", "1", "grief"), `confidence` 0-1 as the model states it."""

    name: str
    label: str
    confidence: float

    @classmethod
    def from_json(cls, value: Json, field: str = "label") -> "Label":
        data = strict.mapping(value, field)
        strict.only(data, frozenset({"name", "label", "confidence"}), field)
        return cls(
            name=strict.text(data.get("name"), f"{field}.name", longest=64),
            label=strict.text(data.get("label"), f"{field}.label", longest=64),
            confidence=strict.number(data.get("confidence"), f"{field}.confidence", low=0, high=1),
        )


@dataclass(frozen=True)
class Assessment:
    """What the worker's detectors saw in the last message; `versions` by detector. `partial`: some detector could not
    be asked, so that what is missing here was not judged rather than absent."""

    findings: tuple[Finding, ...] = ()
    about_self: bool = False
    codes: tuple[BehaviourCode, ...] = ()
    abstained: bool = True
    labels: tuple[Label, ...] = ()
    partial: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Json) -> "Assessment":
        data = strict.mapping(value, "assessment")
        versions = strict.mapping(data.get("versions", {}), "versions")
        return cls(
            findings=strict.many(data.get("findings"), "findings", Finding.from_json, most=MAX_FINDINGS),
            about_self=strict.flag(data.get("about_self"), "about_self"),
            codes=strict.many(data.get("codes"), "codes", BehaviourCode.from_json, most=20),
            abstained=strict.flag(data.get("abstained"), "abstained"),
            labels=strict.many(data.get("labels", ()), "labels", Label.from_json, most=MAX_LABELS),
            partial=strict.flag(data.get("partial", False), "partial"),
            versions={key: strict.text(versions[key], "versions", longest=1000) for key in versions},
        )

    def to_json(self) -> dict[str, Json]:
        return strict.plain(self)


class ReplySource(Protocol):
    """What words a reply: the worker by HTTP (`client.WorkerClient`) or `testing.ScriptedEngine`.

    `reply` yields SegmentEvents and one last FinishedEvent, or raises an EngineError; closing the iterator
    cancels."""

    def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]: ...

    async def assess(self, request: AssessRequest) -> Assessment: ...

    async def health(self) -> bool: ...
