"""Messages to look at, and what the detectors saw in the last of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference import strict_json as strict
from inference.contracts.messages import (
    MAX_FINDINGS,
    MAX_LABELS,
    MAX_MESSAGE_CHARACTERS,
    MAX_MESSAGES,
    Finding,
    Message,
    Mode,
)
from inference.strict_json import Json


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
