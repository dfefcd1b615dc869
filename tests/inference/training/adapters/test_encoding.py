"""What is learned has the ids that the engine sends before it, and the end of the turn after it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inference.data.examples import example_of, one_by_one
from inference.data.reading import read_dialogues
from inference.engine.prompt import encode as engine_prompt
from inference.training.adapters.encoding import encode
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.network import Trained
from inference.training.adapters.recipe import Recipe

Make = Callable[..., Recipe]
Train = Callable[[Recipe], Trained]


def test_the_words_before_each_reply_are_those_that_the_engine_sends(
    recipe: Make, trained: Train, dialogues: Path
) -> None:
    ready = trained(recipe())
    for dialogue in read_dialogues(dialogues).dialogues[:6]:
        for part in one_by_one(example_of(dialogue)):
            encoded = encode(ready.tokenizer, part, ends=ready.ends, longest=4096)
            first = encoded.learned.index(True)
            sent = engine_prompt(ready.tokenizer, part.messages[:-1], longest=4096)
            assert encoded.ids[:first] == sent.ids


def test_a_whole_dialogue_holds_the_same_learned_ids_as_its_replies_one_by_one(
    recipe: Make, trained: Train, dialogues: Path
) -> None:
    ready = trained(recipe())
    example = example_of(read_dialogues(dialogues).dialogues[1])
    whole = encode(ready.tokenizer, example, ends=ready.ends, longest=4096)
    parts = [encode(ready.tokenizer, part, ends=ready.ends, longest=4096) for part in one_by_one(example)]

    assert all(whole.ids[: len(part.ids)] == part.ids for part in parts)
    assert whole.targets == sum(part.targets for part in parts)
    assert len(whole.ids) < sum(len(part.ids) for part in parts)


def test_a_reply_is_learned_up_to_the_token_that_ends_it(
    recipe: Make, trained: Train, dialogues: Path
) -> None:
    ready = trained(recipe())
    example = example_of(read_dialogues(dialogues).dialogues[0])
    encoded = encode(ready.tokenizer, example, ends=ready.ends, longest=4096)
    learned = [token for token, is_learned in zip(encoded.ids, encoded.learned, strict=True) if is_learned]
    text = ready.tokenizer.decode(learned)

    assert sum(token in ready.ends for token in learned) == len(example.learned)
    assert learned[-1] in ready.ends
    assert "baker" not in text


def test_replies_that_do_not_fit_are_left_out_whole(recipe: Make, trained: Train, dialogues: Path) -> None:
    ready = trained(recipe())
    example = example_of(read_dialogues(dialogues).dialogues[1])
    whole = encode(ready.tokenizer, example, ends=ready.ends, longest=4096)
    cut = encode(ready.tokenizer, example, ends=ready.ends, longest=len(whole.ids) - 1)

    assert 0 < cut.targets < whole.targets
    assert cut.ids == whole.ids[: len(cut.ids)]


def test_a_template_that_rewrites_earlier_turns_is_refused(
    recipe: Make, trained: Train, dialogues: Path
) -> None:
    ready = trained(recipe())
    ready.tokenizer.chat_template = "{{ messages | length }}:" + ready.tokenizer.chat_template
    example = example_of(read_dialogues(dialogues).dialogues[0])

    with pytest.raises(RecipeError, match="whole_dialogues = false"):
        encode(ready.tokenizer, example, ends=ready.ends, longest=4096)
