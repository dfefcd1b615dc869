"""Examples to token ids, and which of them are learned: the reply and the token that ends it, nothing else.

The text is cut where a prompt ends, so that what stands before a reply has the ids that the engine sends when it asks
for that reply.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from inference.contracts import Message
from inference.data.examples import Example
from inference.training.adapters.errors import RecipeError


@dataclass(frozen=True)
class Encoded:
    """`learned` says of each id whether it is predicted for the loss; the first never is."""

    id: str
    persona: str
    ids: tuple[int, ...]
    learned: tuple[bool, ...]

    @property
    def targets(self) -> int:
        return sum(self.learned)


def encode(
    tokenizer: PreTrainedTokenizerBase, example: Example, *, ends: frozenset[int], longest: int
) -> Encoded:
    """At most `longest` tokens: later replies are left out where they do not fit. Raises RecipeError where the chat
    template writes earlier turns otherwise than when they were the last, so that they cannot share a sequence."""
    ids: list[int] = []
    learned: list[bool] = []
    for text, is_reply in _pieces(tokenizer, example):
        piece = tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(ids) + len(piece) > longest:
            break
        last = next((at for at, token in enumerate(piece) if token in ends), len(piece) - 1)
        ids += piece
        learned += [is_reply and at <= last for at in range(len(piece))]
    return Encoded(example.id, str(example.persona), tuple(ids), tuple(learned))


def _pieces(tokenizer: PreTrainedTokenizerBase, example: Example) -> Iterator[tuple[str, bool]]:
    """The whole text in order, each learned reply a piece of its own."""
    messages = example.messages[: example.learned[-1] + 1] if example.learned else ()
    whole = _written(tokenizer, messages, asks=False)
    done = 0
    for place in example.learned:
        asked = _written(tokenizer, messages[:place], asks=True)
        answered = _written(tokenizer, messages[: place + 1], asks=False)
        if not (whole.startswith(answered) and answered.startswith(asked) and len(asked) >= done):
            raise RecipeError(
                "this model's chat template rewrites earlier turns: set data.whole_dialogues = false"
            )
        yield whole[done : len(asked)], False
        yield whole[len(asked) : len(answered)], True
        done = len(answered)


def _written(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, asks: bool) -> str:
    if not messages:
        return ""
    turns = [{"role": str(message.role), "content": message.text} for message in messages]
    return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=asks)
