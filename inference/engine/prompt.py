"""Messages to the token ids a model reads, by its own chat template, cut to what it can hold.

Below this module there are ids; above it there is text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from inference.contracts import Message, Role
from inference.errors import ContractError


@dataclass(frozen=True)
class Prompt:
    ids: tuple[int, ...]


def encode(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, longest: int) -> Prompt:
    """The prompt in at most `longest` tokens: the oldest messages after the system's are left out until it fits, and
    with them an answer whose question is gone, which some templates refuse.

    A ContractError: a system message and last message that do not fit together, or messages that the model's template
    refuses, such as two of one role in a row."""
    lead, talk = (messages[:1], messages[1:]) if messages[0].role == Role.SYSTEM else ((), messages)
    while True:
        ids = _ids(tokenizer, [*lead, *talk])
        if len(ids) <= longest:
            return Prompt(ids)
        if len(talk) <= 1:
            raise ContractError(f"longer than the model's {longest} tokens", field="messages")
        talk = _from_a_question(talk[max(1, len(talk) // 4) :])


def _from_a_question(talk: Sequence[Message]) -> Sequence[Message]:
    first = next((place for place, message in enumerate(talk) if message.role == Role.USER), 0)
    return talk[first:]


def _ids(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> tuple[int, ...]:
    turns = [{"role": str(message.role), "content": _tame(tokenizer, message.text)} for message in messages]
    try:
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # a template is a program that came with the model, and may raise anything
        raise ContractError(
            f"refused by the model's template ({type(error).__name__})", field="messages"
        ) from error
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


def _tame(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """A person who types a control token must not end their message or speak as somebody else."""
    added = {token.content for token in tokenizer.added_tokens_decoder.values()}
    for token in sorted(added | set(tokenizer.all_special_tokens)):
        if token.strip():
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
