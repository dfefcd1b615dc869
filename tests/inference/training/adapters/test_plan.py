"""The order of a run: phases, shares by persona, batches of like length, the same for the same seed."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.data.examples import Example, words_learned
from inference.data.reading import Dialogue, read_dialogues, split
from inference.training.adapters.encoding import Encoded, encode
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.network import Trained
from inference.training.adapters.plan import batched, draw, examples_of, plan, suited
from inference.training.adapters.recipe import Phase, Recipe

Make = Callable[..., Recipe]
EVERY = ["companion", "therapist", "client", "neutral"]
MIX = {"companion": 0.45, "therapist": 0.15, "client": 0.3, "neutral": 0.1}


@pytest.fixture
def kept(dialogues: Path) -> list[Dialogue]:
    return split(read_dialogues(dialogues).dialogues)[0]


@pytest.fixture
def encoded(recipe: Make, trained: Callable[[Recipe], Trained]) -> Callable[[Example], Encoded]:
    ready = trained(recipe())
    return lambda example: encode(ready.tokenizer, example, ends=ready.ends, longest=256)


def lengths(*tokens: int) -> list[Encoded]:
    return [Encoded(str(at), "client", (5,) * n, (False,) + (True,) * (n - 1)) for at, n in enumerate(tokens)]


def test_the_same_seed_gives_the_same_order_and_another_another(
    recipe: Make, kept: list[Dialogue], encoded: Callable[[Example], Encoded]
) -> None:
    one, again, other = (plan(kept, recipe(seed=seed), encoded) for seed in (1, 1, 2))

    assert one == again != other


def test_one_pass_learns_every_dialogue_once(
    recipe: Make, kept: list[Dialogue], encoded: Callable[[Example], Encoded]
) -> None:
    made = recipe(data={"personas": ["companion"], "forget": 0.0})
    steps = plan(kept, made, encoded)
    met = Counter(each.id for step in steps for batch in step.batches for each in batch)

    assert met == Counter(each.id for each in kept if each.id.startswith("ca-"))


def test_replies_one_by_one_cost_more_tokens_for_the_same_targets(
    recipe: Make, kept: list[Dialogue], encoded: Callable[[Example], Encoded]
) -> None:
    whole, apart = (
        plan(kept, recipe(data={"forget": 0.0, "whole_dialogues": is_whole}), encoded)
        for is_whole in (True, False)
    )

    assert sum(step.targets for step in whole) == sum(step.targets for step in apart)
    assert sum(step.tokens for step in apart) > 1.5 * sum(step.tokens for step in whole)


def test_a_mix_gives_every_persona_its_share_of_the_learned_words(recipe: Make, kept: list[Dialogue]) -> None:
    made = recipe(data={"personas": EVERY, "mix": MIX})
    drawn = draw(examples_of(kept, made.data), MIX, 8.0, random.Random(1))
    words: Counter[str] = Counter()
    for each in drawn:
        words[str(each.persona)] += words_learned(each)

    for persona, share in MIX.items():
        assert words[persona] / words.total() == pytest.approx(share, abs=0.03)


def test_phases_come_in_order_and_hold_what_they_say(recipe: Make, kept: list[Dialogue]) -> None:
    examples = examples_of(kept, recipe().data)
    ordinary, edge = (suited(examples, Phase("", edge=which)) for which in ("none", "only"))
    short = suited(examples, Phase("short", longest_words=20))

    assert ordinary == [] and edge == examples, "a client in a good, unmarked talk is a neutral person"
    assert short and max(map(words_learned, short)) <= 20 < max(map(words_learned, examples))


def test_steps_know_their_phase(
    recipe: Make, kept: list[Dialogue], encoded: Callable[[Example], Encoded]
) -> None:
    phases = [{"name": "short", "longest_words": 20}, {"name": "all"}]
    names = [step.phase for step in plan(kept, recipe(phases=phases), encoded)]

    assert set(names) == {"short", "all"} and names == sorted(names, reverse=True)


def test_batches_hold_like_lengths_and_no_more_tokens_than_they_may() -> None:
    batches = batched(lengths(*range(10, 210, 5)), tokens=400, chance=random.Random(3))

    widths = [(max(len(each.ids) for each in batch), len(batch)) for batch in batches]
    assert all(widest * size <= 400 for widest, size in widths)
    padded = sum(widest * size for widest, size in widths)
    assert padded < 1.25 * sum(range(10, 210, 5))
    assert sum(size for _, size in widths) == 40


def test_one_example_longer_than_a_batch_is_a_batch() -> None:
    assert [len(batch) for batch in batched(lengths(900), tokens=400, chance=random.Random(1))] == [1]


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        (
            {"data": {"personas": ["client"]}, "phases": [{"name": "easy", "edge": "none"}]},
            "phase easy: there is",
        ),
        ({"data": {"personas": ["client", "therapist"]}}, "no dialogue for the persona therapist"),
    ],
)
def test_what_has_no_dialogue_is_refused(
    recipe: Make, kept: list[Dialogue], encoded: Callable[[Example], Encoded], sections: dict, why: str
) -> None:
    poor = [each for each in kept if each.therapist == "poor"]

    with pytest.raises(RecipeError, match=why):
        plan(poor, recipe(**sections), encoded)


def test_some_dialogues_forget_their_first_tags(
    recipe: Make, kept: list[Dialogue], encoded: Callable[[Example], Encoded]
) -> None:
    whole, forgetting = (
        plan(kept, recipe(data={"personas": ["companion"], "forget": share}), encoded) for share in (0.0, 1.0)
    )

    assert sum(step.targets for step in forgetting) < 0.8 * sum(step.targets for step in whole)
