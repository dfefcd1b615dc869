"""The words both sides use for anything: who speaks, a message, a finding, and how large each may be."""

from dataclasses import dataclass
from enum import StrEnum

from inference import strict_json as strict
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
