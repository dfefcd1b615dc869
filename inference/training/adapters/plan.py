"""The order in which a run meets its examples: phases, shares by persona, batches of like length. All of it follows
from the recipe and the data, so that a resumed run finds its place by counting.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from inference.contracts import Person
from inference.data.examples import Example, example_of, one_by_one, therapist_example, words_learned
from inference.data.reading import Dialogue
from inference.persona import Persona
from inference.training.adapters.encoding import Encoded
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.recipe import Data, Phase, Recipe

Encode = Callable[[Example], Encoded]
Batch = tuple[Encoded, ...]
"""Padded to the longest of them when it is run."""
LENGTH_JITTER = 24
"""Tokens by which lengths are blurred before sorting, so that batches differ from pass to pass."""


@dataclass(frozen=True)
class Step:
    """The batches whose gradients make one step, and the phase they belong to."""

    phase: str
    batches: tuple[Batch, ...]

    @property
    def targets(self) -> int:
        return sum(each.targets for batch in self.batches for each in batch)

    @property
    def tokens(self) -> int:
        """Of the text, padding left out."""
        return sum(len(each.ids) for batch in self.batches for each in batch)


def plan(dialogues: Sequence[Dialogue], recipe: Recipe, encode: Encode) -> list[Step]:
    """Every step of the run. Raises RecipeError for a phase or persona without an example."""
    chance = random.Random(recipe.seed)  # noqa: S311 - order, not secrecy
    source = _by_id(dialogues)
    examples = examples_of(dialogues, recipe.data)
    if missing := set(recipe.data.personas) - {str(each.persona) for each in examples}:
        raise RecipeError(f"there is no dialogue for the persona {sorted(missing)[0]}")
    steps: list[Step] = []
    for phase in recipe.phases:
        drawn = draw(suited(examples, phase), recipe.data.mix, phase.passes, chance)
        if not drawn:
            raise RecipeError(f"phase {phase.name}: there is nothing to learn from")
        varied = [_forgetting(each, source, recipe.data.forget, chance) for each in drawn]
        parts = (
            varied if recipe.data.whole_dialogues else [part for each in varied for part in one_by_one(each)]
        )
        encoded = [each for part in parts if (each := encode(part)).targets]
        batches = batched(encoded, tokens=recipe.optimiser.batch_tokens, chance=chance)
        size = recipe.optimiser.accumulate
        steps += [Step(phase.name, tuple(batches[at : at + size])) for at in range(0, len(batches), size)]
    return steps


def examples_of(dialogues: Sequence[Dialogue], data: Data) -> list[Example]:
    """The examples of the personas that the recipe names."""
    found = [example_of(dialogue) for dialogue in dialogues]
    if Persona.THERAPIST in data.personas:
        clients = [dialogue for dialogue in dialogues if dialogue.person is Person.CLIENT]
        found += [example for each in clients if (example := therapist_example(each))]
    return [each for each in found if each.persona in data.personas and each.learned]


def suited(examples: Sequence[Example], phase: Phase) -> list[Example]:
    return [
        each
        for each in examples
        if (not phase.longest_words or words_learned(each) <= phase.longest_words)
        and (phase.edge == "any" or each.is_edge == (phase.edge == "only"))
    ]


def draw(
    examples: Sequence[Example], mix: Mapping[str, float], passes: float, chance: random.Random
) -> list[Example]:
    """Every example `passes` times, a fraction by chance; with a mix, so often that each persona has its share of the
    learned words while the whole stays as long."""
    words = {
        persona: sum(words_learned(each) for each in examples if each.persona == persona) for persona in mix
    }
    total = sum(words.values())
    drawn: list[Example] = []
    for each in examples:
        times = passes * mix[each.persona] * total / words[each.persona] if mix else passes
        drawn += [each] * (int(times) + (chance.random() < times - int(times)))
    chance.shuffle(drawn)
    return drawn


def batched(encoded: Sequence[Encoded], *, tokens: int, chance: random.Random) -> list[Batch]:
    """Batches of like length, of at most `tokens` with padding (one long example may exceed it), in chance's order."""
    ordered = sorted(encoded, key=lambda each: len(each.ids) + chance.random() * LENGTH_JITTER)
    batches: list[list[Encoded]] = []
    widest = 0
    for each in ordered:
        widest = max(widest, len(each.ids))
        if not batches or widest * (len(batches[-1]) + 1) > tokens:
            batches.append([])
            widest = len(each.ids)
        batches[-1].append(each)
    chance.shuffle(batches)
    return [tuple(batch) for batch in batches]


def _by_id(dialogues: Sequence[Dialogue]) -> dict[str, Dialogue]:
    return {dialogue.id: dialogue for dialogue in dialogues}


def _forgetting(
    example: Example, source: Mapping[str, Dialogue], share: float, chance: random.Random
) -> Example:
    """In `share` of the draws the example without the tags of its first replies; at least one reply keeps its own."""
    most = len(example.learned) - 1
    forgets = chance.random() < share
    if not forgets or most < 1 or example.id not in source:
        return example
    forgotten = example_of(source[example.id], forgotten=chance.randint(1, most))
    return forgotten if forgotten.learned else example
