"""The OpenAI protocol's chat completions, as much of it as benchmarks and peers' clients use: raw text, unjudged.

Torch-free. What comes out of here never reaches a person; `/v1/reply` is for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference import strict_json as strict
from inference.contracts import MAX_MESSAGE_CHARACTERS, MAX_MESSAGES, Message, Role
from inference.errors import ContractError
from inference.strict_json import Json


@dataclass(frozen=True)
class CompletionRequest:
    """`temperature` 0-2, `top_p` 0-1; without a seed the server draws one. `include_usage` goes with `stream`."""

    messages: tuple[Message, ...]
    max_tokens: int = 256
    temperature: float = 0.8
    top_p: float = 0.92
    seed: int | None = None
    stream: bool = False
    include_usage: bool = False

    @classmethod
    def from_json(cls, value: Json) -> "CompletionRequest":
        """Settings we do not know are passed over, as the protocol's servers do; `n` above 1 is refused."""
        data = strict.mapping(value, "request")
        if data.get("n") not in (None, 1):
            raise ContractError("only one choice can be asked for", field="n")
        longest = data.get("max_completion_tokens", data.get("max_tokens"))
        seed = data.get("seed")
        options = strict.mapping(data.get("stream_options") or {}, "stream_options")
        return cls(
            messages=strict.many(data.get("messages"), "messages", _message, least=1, most=MAX_MESSAGES),
            max_tokens=256 if longest is None else strict.whole(longest, "max_tokens", low=1, high=2048),
            temperature=_number(data, "temperature", 0.8, high=2),
            top_p=_number(data, "top_p", 0.92, high=1),
            seed=None if seed is None else strict.whole(seed, "seed", low=0, high=2**63 - 1),
            stream=bool(strict.flag(data.get("stream") or False, "stream")),
            include_usage=strict.flag(options.get("include_usage") or False, "stream_options.include_usage"),
        )


@dataclass(frozen=True)
class TextEvent:
    """A piece of a completion's text as the model speaks it."""

    text: str


def _number(data: Mapping[str, Json], key: str, default: float, *, high: float) -> float:
    value = data.get(key)
    return default if value is None else strict.number(value, key, low=0, high=high)


def _message(value: Json, field: str) -> Message:
    data = strict.mapping(value, field)
    content = data.get("content")
    if isinstance(content, list):
        parts = [strict.mapping(part, f"{field}.content") for part in content]
        content = "".join(
            strict.text(part.get("text"), f"{field}.content", longest=MAX_MESSAGE_CHARACTERS)
            for part in parts
        )
    role = "system" if data.get("role") == "developer" else data.get("role")
    return Message(
        role=strict.one_of(role, f"{field}.role", tuple(Role)),
        text=strict.text(content, f"{field}.content", longest=MAX_MESSAGE_CHARACTERS),
    )
