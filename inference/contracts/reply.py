"""A reply asked for, what its words must keep to, and the events of its stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference import strict_json as strict
from inference.contracts.messages import (
    MAX_FACTS,
    MAX_FINDINGS,
    MAX_MESSAGE_CHARACTERS,
    MAX_MESSAGES,
    MAX_SEGMENT_CHARACTERS,
    Finding,
    FinishReason,
    Message,
    Person,
)
from inference.errors import ContractError
from inference.strict_json import Json

STRAYS_FROM = 0.45
"""Distance (1 - cosine) to the nearest exemplar from which words count as something else than was planned. Chosen by
reading: below it the bundled model's replies, asked in plain words, mostly read as an answer, above it mostly not."""


@dataclass(frozen=True)
class WordingLimits:
    """What a reply's words must keep to. `earlier` are the speaker's own earlier replies, oldest first; `exemplars` are
    lines that do what this reply should do: words as far as `strays_from` from all of them count as something else.
    `planned` is the act, or the plan, that the words should carry out, by its id in the vocabulary; "" for none."""

    speaker: str
    person: str = Person.CLIENT
    max_words: int = 60
    facts: Mapping[str, object] = field(default_factory=dict)
    other_names: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()
    strays_from: float = STRAYS_FROM
    planned: str = ""

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
            strays_from=_strays_from(data, field),
            planned=strict.text(data.get("planned", ""), f"{field}.planned", longest=40, empty=True),
        )


_LIMITS_KEYS = frozenset(WordingLimits.__dataclass_fields__)


def _strays_from(data: Mapping[str, Json], field: str) -> float:
    return strict.number(data.get("strays_from", STRAYS_FROM), f"{field}.strays_from", low=0.05, high=1)


def _texts(value: Json, field: str, *, longest: int) -> tuple[str, ...]:
    def each(entry: Json, at: str) -> str:
        return strict.text(entry, at, longest=longest)

    return strict.many(value, field, each, most=MAX_MESSAGES)


@dataclass(frozen=True)
class Adapted:
    """The same reply asked for in an adapter's form: `messages` by `inference.persona`, of which `form` is the version.

    Whoever speaks looks at it only if the adapter is there and asked in that form, and then at nothing else of the
    messages: so neither form reaches a model that it was not written for, whatever was loaded or taken back meanwhile.
    `strays_from` stands in the place of the limits' own."""

    adapter: str
    form: int
    messages: tuple[Message, ...]
    strays_from: float = STRAYS_FROM
    planned: str = ""

    @classmethod
    def from_json(cls, value: Json, field: str = "adapted") -> "Adapted":
        data = strict.mapping(value, field)
        strict.only(data, _ADAPTED_KEYS, field)
        return cls(
            adapter=strict.text(data.get("adapter"), f"{field}.adapter", longest=64),
            form=strict.whole(data.get("form"), f"{field}.form", low=1, high=10**6),
            messages=strict.many(
                data.get("messages"), f"{field}.messages", Message.from_json, least=1, most=MAX_MESSAGES
            ),
            strays_from=_strays_from(data, field),
        )


_ADAPTED_KEYS = frozenset(Adapted.__dataclass_fields__)


@dataclass(frozen=True)
class ReplyRequest:
    """One reply to word. `persona` names the style asked for (`client`, `companion`), `messages` ask in plain words
    that any model can follow, `adapted` in those of the adapter that should speak where there is one. `remote_engine`
    names the service outside that is to word it; "" is the worker's own engine, and neither ever speaks in the other's
    place.

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
    adapted: Adapted | None = None
    remote_engine: str = ""

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
            adapted=None if data.get("adapted") is None else Adapted.from_json(data["adapted"]),
            remote_engine=strict.text(data.get("remote_engine", ""), "remote_engine", longest=80, empty=True),
        )

    def to_json(self) -> dict[str, Json]:
        return strict.plain(self)


_REQUEST_KEYS = frozenset(ReplyRequest.__dataclass_fields__)


@dataclass(frozen=True)
class ModelName:
    """Who speaks. `adapter` is its name and the beginning of its address, `client@0123456789ab`, `card` the version
    that its card gives it; both empty for the model as it is."""

    name: str
    revision: str = ""
    adapter: str = ""
    card: str = ""


@dataclass(frozen=True)
class Usage:
    """Tokens so far, as the engine that speaks counts them. `prompt`: of the prompt as it was read, the template's own
    among them, what was cut off not, and once for all candidates. `spoken`: sampled by the candidate that speaks, its
    end among them. `sampled`: by all candidates, those that were dropped too."""

    prompt: int
    spoken: int
    sampled: int


@dataclass(frozen=True)
class SegmentEvent:
    """A judged piece of the reply. Findings are facts: the caller's policy decides whether it is shown.

    `model` and `usage` go with each, None where the engine does not say: whoever stops reading hears of no end."""

    n: int
    text: str
    findings: tuple[Finding, ...] = ()
    candidate: int = 0
    candidates: int = 1
    model: ModelName | None = None
    usage: Usage | None = None

    def to_json(self) -> dict[str, Json]:
        return {"event": "segment", **strict.plain(self)}


@dataclass(frozen=True)
class Timings:
    """Milliseconds from the worker's receipt; `tokens` counts dropped candidates' tokens too."""

    queued_ms: int = 0
    first_segment_ms: int | None = None
    total_ms: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class FinishedEvent:
    """`usage` is None where the engine does not say."""

    reason: str
    model: ModelName
    timings: Timings
    usage: Usage | None = None

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
        model=None if data.get("model") is None else _model(data["model"]),
        usage=_usage(data.get("usage")),
    )


def _model(value: Json) -> ModelName:
    model = strict.mapping(value, "model")
    return ModelName(
        name=strict.text(model.get("name"), "model.name", longest=200),
        revision=strict.text(model.get("revision", ""), "model.revision", longest=200, empty=True),
        adapter=strict.text(model.get("adapter", ""), "model.adapter", longest=200, empty=True),
        card=strict.text(model.get("card", ""), "model.card", longest=200, empty=True),
    )


def _usage(value: Json) -> Usage | None:
    if value is None:
        return None
    usage = strict.mapping(value, "usage")
    return Usage(*(_tokens(usage.get(key), f"usage.{key}") for key in ("prompt", "spoken", "sampled")))


def _tokens(value: Json, field: str) -> int:
    return strict.whole(value, field, low=0, high=10**7)


def _finished(data: Mapping[str, Json]) -> FinishedEvent:
    timings = strict.mapping(data.get("timings"), "timings")
    first = timings.get("first_segment_ms")
    return FinishedEvent(
        reason=strict.one_of(data.get("reason"), "reason", tuple(FinishReason)),
        model=_model(data.get("model")),
        timings=Timings(
            queued_ms=_milliseconds(timings, "queued_ms"),
            first_segment_ms=None if first is None else _milliseconds(timings, "first_segment_ms"),
            total_ms=_milliseconds(timings, "total_ms"),
            tokens=_tokens(timings.get("tokens", 0), "timings.tokens"),
        ),
        usage=_usage(data.get("usage")),
    )


def _milliseconds(timings: Mapping[str, Json], key: str) -> int:
    return strict.whole(timings.get(key), f"timings.{key}", low=0, high=10**8)


def _error(data: Mapping[str, Json]) -> ErrorEvent:
    return ErrorEvent(
        code=strict.text(data.get("code"), "code", longest=64),
        retryable=strict.flag(data.get("retryable"), "retryable"),
    )


_EVENTS = {"segment": _segment, "finished": _finished, "error": _error}
