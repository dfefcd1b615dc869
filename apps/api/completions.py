"""The OpenAI protocol's chat completions, as much of it as carries over: what is asked, and how an answer is written.

A caller's system message helps to tell which persona is wanted and reaches no model: what the product's personas are
told is not for callers to change. Settings of sampling are passed over; what would change the meaning is refused.
"""

import time
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from apps.api.answering import Reply
from apps.api.errors import NotThereError, UnfitError
from apps.api.exchange import Asked, Ready, checked, paired
from apps.api.flagging import told
from apps.api.inferring import checked_earlier
from apps.api.personas import MODEL_PREFIX, Choice, inferred_persona, named_persona
from apps.api.schemas import MAX_EARLIER, MAX_HISTORY, FlagOut, HelpAction, Name
from inference.contracts import Usage

DEFAULT_TOKENS = 96
MOST_TOKENS = 1024


class Lenient(Schema):
    """Unknown fields are passed over, as the protocol's servers do."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Part(Lenient):
    type: Literal["text"]
    text: Annotated[str, StringConstraints(max_length=MAX_EARLIER)]


class ChatMessage(Lenient):
    role: Literal["system", "developer", "user", "assistant"]
    content: (
        Annotated[str, StringConstraints(max_length=MAX_EARLIER)]
        | Annotated[list[Part], Field(max_length=20)]
    )

    @property
    def words(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StreamOptions(Lenient):
    include_usage: bool | None = Field(
        default=None,
        description="With `stream`: one more piece before the end, with `usage` and without choices.",
    )


class CompletionIn(Lenient):
    model: Name = Field(
        default=MODEL_PREFIX,
        description="`pixelated` (the persona is read from the words), `pixelated-companion`, `pixelated-education`, "
        "`pixelated-client:<client>`.",
    )
    messages: list[ChatMessage] = Field(min_length=1, max_length=MAX_HISTORY + 1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    user: Name | None = Field(
        default=None, description="Your own id of the person; kept nowhere but as a pseudonym."
    )
    n: Annotated[int, Field(ge=1)] | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with what it took."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)


class CompletionMessage(Schema):
    role: Literal["assistant"]
    content: str


class CompletionChoice(Schema):
    index: int
    message: CompletionMessage
    finish_reason: Literal["stop", "length"]


class CompletionUsage(Schema):
    """Tokens that the model took for this answer, by its engine's count. Fixed words and an author's line take none; a
    line that stands in for words that were kept back took what those took."""

    prompt_tokens: int = Field(
        description="Read: the persona's instructions among them, which you did not send."
    )
    completion_tokens: int = Field(description="Said by the candidate that was chosen, its end among them.")
    total_tokens: int


class Extension(Schema):
    """What the protocol has no place for."""

    persona_mode: str
    source: str
    verdict: str
    help: list[HelpAction] = Field(description="Ways to a person: show them where there are any.")
    flags: list[FlagOut]
    sampled_tokens: int | None = Field(
        description="Completion tokens of all candidates, those that were dropped too; null where `usage` is."
    )
    request_id: str


class CompletionOut(Schema):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: CompletionUsage | None = Field(description="Null where an engine elsewhere does not count.")
    pixelated: Extension


def asked_of(body: CompletionIn, *, request_id: str) -> Asked:
    """The last message is answered, the ones before it are its talk.

    Raises:
        UnfitError, NotThereError: model_not_found.
    """
    if (body.n or 1) != 1:
        raise UnfitError("one_choice", "Only one choice can be asked for.")
    if body.tools or body.functions:
        raise UnfitError("no_tools", "No tools are called here.")
    if body.messages[-1].role != "user":
        raise UnfitError("last_message", "The last message must be the user's.")
    spoken = [message for message in body.messages[:-1] if message.role in ("user", "assistant")]
    told = [message.words for message in body.messages if message.role in ("system", "developer", "user")]
    most = body.max_completion_tokens or body.max_tokens or DEFAULT_TOKENS
    return Asked(
        text=checked(body.messages[-1].words),
        talk=paired([(message.role, checked_earlier(message.words)) for message in spoken]),
        choice=_persona(body.model, told),
        user_id=body.user or "",
        session_id="",
        max_tokens=min(most, MOST_TOKENS),
        request_id=request_id,
    )


def _persona(model: str, told: list[str]) -> Choice:
    if model == MODEL_PREFIX:
        return inferred_persona(told)
    choice = (
        named_persona(model.removeprefix(f"{MODEL_PREFIX}-"))
        if model.startswith(f"{MODEL_PREFIX}-")
        else None
    )
    if choice is None:
        raise NotThereError(
            "model_not_found", "There is no such model here: pixelated, pixelated-companion, ..."
        )
    return choice


class Completion:
    """The fields that every piece of one answer shares."""

    def __init__(self, ready: Ready, *, model: str, tells_usage: bool = False) -> None:
        self._ready, self._model, self._created = ready, model, int(time.time())
        self._tells_usage = tells_usage

    def whole(self, reply: Reply) -> CompletionOut:
        message = CompletionMessage(role="assistant", content=reply.text)
        choice = CompletionChoice(index=0, message=message, finish_reason=_reason(reply))
        body = self._body("chat.completion")
        extension = Extension(**self._extension(reply))
        return CompletionOut(**body, choices=[choice], usage=self._usage(reply), pixelated=extension)

    def opening(self) -> dict[str, Any]:
        return self._chunk({"role": "assistant", "content": ""}, None)

    def piece(self, text: str) -> dict[str, Any]:
        return self._chunk({"content": text}, None)

    def ending(self, reply: Reply) -> dict[str, Any]:
        return self._chunk({}, _reason(reply)) | {"pixelated": self._extension(reply)}

    def count(self, reply: Reply) -> dict[str, Any]:
        """The piece after the last, for those who asked for it: what the answer took, and no choice."""
        return {**self._body("chat.completion.chunk"), "choices": [], "usage": self._usage(reply)}

    def _chunk(self, delta: dict[str, str], reason: str | None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        counted = {"usage": None} if self._tells_usage else {}
        return {**self._body("chat.completion.chunk"), "choices": [choice], **counted}

    def _used(self, reply: Reply) -> Usage | None:
        """None where a model was asked whose engine does not count."""
        return Usage(0, 0, 0) if self._ready.plan.request is None else reply.usage

    def _usage(self, reply: Reply) -> dict[str, int] | None:
        used = self._used(reply)
        if used is None:
            return None
        return {
            "prompt_tokens": used.prompt,
            "completion_tokens": used.spoken,
            "total_tokens": used.prompt + used.spoken,
        }

    def _body(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self._ready.asked.request_id}",
            "object": kind,
            "created": self._created,
            "model": self._model,
        }

    def _extension(self, reply: Reply) -> dict[str, Any]:
        used = self._used(reply)
        return {
            "persona_mode": str(self._ready.asked.choice.persona),
            "source": str(reply.source),
            "verdict": self._ready.heard.verdict.code,
            "help": list(self._ready.help),
            "flags": told([*self._ready.flags, *reply.flags]),
            "sampled_tokens": used.sampled if used else None,
            "request_id": self._ready.asked.request_id,
        }


def _reason(reply: Reply) -> str:
    return "length" if reply.cut else "stop"
