"""What goes in and comes out, as the OpenAPI page shows it. Input is strict: no unknown fields, no other types."""

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from apps.api.figures import BECAUSE

MAX_HISTORY = 100
MAX_BATCH = 32
MAX_TEXT = 4000
MAX_EARLIER = 16_000
Words = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
Earlier = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EARLIER)]
Name = Annotated[str, StringConstraints(max_length=128)]
_WHY_NULL = "; ".join(f"`{code}`, {why}" for code, why in BECAUSE.items())


class Strict(Schema):
    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorDetail(Schema):
    code: str = Field(description="Stable; for programs.")
    message: str = Field(description="For developers. Never repeats what was sent.")
    request_id: str


class ErrorAnswer(Schema):
    error: ErrorDetail


class Said(Strict):
    """One earlier message."""

    role: Literal["user", "assistant"]
    content: Earlier


class InferIn(Strict):
    user_query: Words = Field(description="What the person says now.")
    conversation_history: list[Said] = Field(
        default=[],
        max_length=MAX_HISTORY,
        description="Oldest first. The model reads the newest that it can hold: at most seven exchanges, of each "
        "message the last 4,000 characters, and 64 kB in all.",
    )
    context_type: Name = Field(
        default="",
        description="`support`, `education`, or `practice:<client>`; empty: read from the words, else the companion.",
    )
    user_id: Name = Field(
        default="", description="Your own id of the person; kept nowhere but as a pseudonym."
    )
    session_id: Name = Field(
        default="", description="Yours; the same over a sitting keeps a client the same client."
    )
    use_eq_awareness: bool = Field(default=True, description="Give `eq_scores` of the reply.")
    include_metrics: bool = Field(default=True, description="Give the figures of the reply.")
    max_tokens: int = Field(default=96, ge=1, le=1024)


class EqScores(Schema):
    """Composites of the project's own about the reply, 0-1; null where a part was not read. Each has a card."""

    emotional_awareness: float | None
    empathy_recognition: float | None
    emotional_regulation: float | None
    social_cognition: float | None
    interpersonal_skills: float | None
    overall_eq: float | None


class FlagOut(Schema):
    """Something that people of the organisation were asked to look at."""

    id: str
    reason: Literal["crisis", "layers_disagree", "withheld_crisis", "withheld_bias"]
    due_at: str = Field(description="When somebody should have looked.")


class Technique(Schema):
    name: str
    confidence: float


class CrisisSignal(Schema):
    kind: str
    severity: Literal["none", "low", "moderate", "high", "imminent"]
    score: float
    layer: Literal["lexical", "worker"]


class HelpAction(Schema):
    label: str
    href: str
    kind: Literal["call", "text", "page", "person"]


class ConversationMetadata(Schema):
    detected_techniques: list[Technique] = Field(
        description="The technique that the reply shows, where one is sure enough."
    )
    technique_consistency: float | None = Field(
        description="How alike the techniques of the conversation's replies are, 0-1; null under three that show one."
    )
    bias_score: float | None = Field(
        description="Of the reply, 0-1, higher is more biased; null where it was not read."
    )
    safety_score: float | None = Field(
        description="Of the reply, 0-1, 1 where no detector found anything; null where the worker did not answer."
    )
    therapeutic_effectiveness_score: float | None = Field(
        description="Null for good: no outcome is linked to any reply, so that no formula over text could be validated."
    )
    null_because: dict[str, str] = Field(
        default={}, description=f"Why each figure of this answer that is null is, by its name: {_WHY_NULL}."
    )
    crisis_signals: list[CrisisSignal] = Field(description="Heard in `user_query`, by either layer.")
    source: Literal["model", "authored", "protocol"] = Field(
        description="Whose words the response is made of."
    )
    verdict: str = Field(description="What policy decided on `user_query`.")
    assessed: bool = Field(description="Whether the worker's layer answered about `user_query` in full.")
    help: list[HelpAction] = Field(description="Ways to a person: show them where there are any.")
    flags: list[FlagOut] = Field(
        default=[],
        description="What people of the organisation were asked to look at: a crisis that was heard, say. They see no "
        "words, and name the `request_id` to you: keep it beside your user.",
    )
    notice: str
    persona_by: Literal["explicit", "inferred", "abstained"]
    persona_confidence: float | None = Field(
        description="1 where it was said outright, the reading's probability where it was inferred; null where it "
        "was abstained from, or a crisis decided for the companion."
    )
    client: str | None = Field(description="The library's client who spoke; null for another persona.")
    model: str | None = Field(
        description="Whose words the response is made of; null unless `source` is model."
    )


class InferOut(Schema):
    response: str
    inference_time_ms: float
    eq_scores: EqScores | None = Field(description="Null where it was not asked for.")
    conversation_metadata: ConversationMetadata
    persona_mode: Literal["companion", "client", "education"]
    confidence: float | None = Field(
        description="How sure the readings behind the safety figures are, 0.5-1; null where the reply was not read."
    )
    request_id: str


class BatchIn(Strict):
    requests: list[InferIn] = Field(min_length=1, max_length=MAX_BATCH)
    asynchronous: bool = Field(default=False, description="Answer 202 at once and finish later.")
    callback_url: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        default=None, description="Told by a signed webhook once an asynchronous batch is finished."
    )


class BatchEntry(Schema):
    """Either `result` or `error`; the other is null."""

    index: int
    result: InferOut | None = None
    error: ErrorDetail | None = None

    @property
    def flagged(self) -> bool:
        return self.result is not None and bool(self.result.conversation_metadata.flags)


class BatchOut(Schema):
    count: int
    failed: int
    flagged: int = Field(description="Entries with `flags`.")
    results: list[BatchEntry]


class BatchLeft(Schema):
    batch_id: str
    status: Literal["waiting", "finished"]
    count: int
    flagged: int = Field(
        description="Entries that people of the organisation were asked to look at; while the batch waits, those in "
        "which a crisis was heard at once."
    )
    results_at: str = Field(description="Where the results are read, with the same key's organisation.")
    kept_until: str


class BatchState(BatchLeft):
    failed: int
    results: list[BatchEntry] | None = Field(default=None, description="Null while the batch waits.")


class HealthOut(Schema):
    status: Literal["ok", "degraded", "unavailable"]
    database: bool
    worker: bool
    degraded: list[str]


class StatusOut(Schema):
    worker: dict[str, Any] | None = Field(description="As the worker tells it; null while it is away.")
    engine: str
    versions: dict[str, str]


class ReloadIn(Strict):
    model: Name = Field(
        default="", description="One of those the installation allows; empty: the same again."
    )


class ReloadOut(Schema):
    model: dict[str, Any]


class ProfileIn(Strict):
    """Which client, by name or by what they are like."""

    slug: Name | None = None
    difficulty: Annotated[int, Field(ge=1, le=4)] | None = None


class EncounterIn(Strict):
    mode: Literal["practice", "support"] = Field(
        description="`practice`. `support` is refused (422, `mode_unavailable`): none begins over the API."
    )
    session_type: Name | None = Field(
        default=None, description="Of support, and so refused with either mode: leave it out."
    )
    resistance_patterns: list[Name] = Field(default=[], max_length=9)
    client_profile: ProfileIn = ProfileIn()


class ClientOut(Schema):
    slug: str
    name: str
    difficulty: int
    resistance_patterns: list[str]
    brief: str


class EncounterOut(Schema):
    id: str
    mode: Literal["practice", "support"]
    client: ClientOut | None = Field(description="Null in support, where no client sits.")
    opening: str
    page: str = Field(description="Where the key's owner goes on in a browser.")
    socket: str = Field(description="Where the talk runs, for the key's owner signed in.")
