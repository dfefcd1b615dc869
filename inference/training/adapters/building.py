"""What a recipe makes of the dialogues, to be looked at before a run: examples, their shares and their tokens."""

import random
from collections import Counter
from collections.abc import Sequence

from transformers import AutoTokenizer

from inference.data.examples import Example, words_learned
from inference.data.reading import Dialogue
from inference.training.adapters.encoding import encode
from inference.training.adapters.network import base_of
from inference.training.adapters.plan import draw, examples_of, suited
from inference.training.adapters.recipe import Recipe


def built(dialogues: Sequence[Dialogue], recipe: Recipe) -> list[Example]:
    return examples_of(dialogues, recipe.data)


def persona_shares(examples: Sequence[Example], recipe: Recipe) -> dict[str, dict[str, float]]:
    """By phase, each persona's share of the learned words as they will be drawn."""
    chance = random.Random(recipe.seed)  # noqa: S311 - order, not secrecy
    shares = {}
    for phase in recipe.phases:
        words: Counter[str] = Counter()
        for each in draw(suited(examples, phase), recipe.data.mix, phase.passes, chance):
            words[str(each.persona)] += words_learned(each)
        total = max(1, words.total())
        shares[phase.name] = {"words": total} | {
            name: round(own / total, 3) for name, own in sorted(words.items())
        }
    return shares


def counted(examples: Sequence[Example], recipe: Recipe) -> dict[str, int]:
    """Tokens of one pass over `examples`, and how many of them are learned."""
    tokenizer = AutoTokenizer.from_pretrained(base_of(recipe))
    ends = frozenset({tokenizer.eos_token_id})
    encoded = [encode(tokenizer, each, ends=ends, longest=recipe.data.longest) for each in examples]
    return {"all": sum(len(each.ids) for each in encoded), "learned": sum(each.targets for each in encoded)}
