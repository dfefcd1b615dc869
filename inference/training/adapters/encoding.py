"""Examples to token ids, and which of them are learned: the reply and the token that ends it, nothing else.

The whole text is cut into tokens at once, so that what stands before a reply has the ids that the engine sends when it
asks for that reply.
"""

from collections.abc import Sequence
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
    text, spans = _text(tokenizer, example)
    cut = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, learned = cut["input_ids"], [False] * len(cut["input_ids"])
    fits = 0
    for start, end in spans:
        own = [at for at, (first, _) in enumerate(cut["offset_mapping"]) if start <= first < end]
        last = next((at for at in own if ids[at] in ends), own[-1])
        if last >= longest:
            break
        learned[own[0] : last + 1] = [True] * (last + 1 - own[0])
        fits = last + 1
    return Encoded(example.id, str(example.persona), tuple(ids[:fits]), tuple(learned[:fits]))


def _text(tokenizer: PreTrainedTokenizerBase, example: Example) -> tuple[str, list[tuple[int, int]]]:
    """The whole text, and where each learned reply with its ending lies in it."""
    messages = example.messages[: example.learned[-1] + 1] if example.learned else ()
    whole = _written(tokenizer, messages, asks=False)
    spans = []
    for place in example.learned:
        asked = _written(tokenizer, messages[:place], asks=True)
        answered = _written(tokenizer, messages[: place + 1], asks=False)
        if not (whole.startswith(answered) and answered.startswith(asked)):
            raise RecipeError(
                "this model's chat template rewrites earlier turns: set data.whole_dialogues = false"
            )
        spans.append((len(asked), len(answered)))
    return whole, spans


def _written(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, asks: bool) -> str:
    if not messages:
        return ""
    turns = [{"role": str(message.role), "content": message.text} for message in messages]
    return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=asks)
