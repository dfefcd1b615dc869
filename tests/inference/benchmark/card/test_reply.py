import pytest
import torch
from transformers import LlamaConfig

from inference.benchmark.card.plan import TURNS
from inference.benchmark.card.reply import made_up_tokenizer, measured, random_model
from inference.errors import ModelError


def test_a_made_up_tokenizer_says_every_token_and_ends_sentences() -> None:
    tokenizer = made_up_tokenizer(3000)
    assert len(tokenizer) == 3000
    said = tokenizer.decode(list(range(2900, 3000)), skip_special_tokens=True)
    assert len(said.split()) == 100
    assert 7 <= said.count(".") <= 9


def test_different_words_are_different_tokens() -> None:
    tokenizer = made_up_tokenizer(3000)
    first, second = (tokenizer(text)["input_ids"] for text in ("How has the week been?", "Tell me more."))
    assert first != second
    assert tokenizer.unk_token_id not in (*first, *second)


def test_replies_of_random_weights_come_through_the_worker_judged(small: LlamaConfig) -> None:
    told: list[int] = []
    own = measured(
        lambda: random_model(small, numbers=torch.float32, device="cpu"),
        count=1,
        progress=lambda: told.append(1),
    )
    assert (own["replies"], own["failed_answers"], len(told)) == (TURNS, 0, TURNS)
    assert 0 < own["first segment"]["p50"] <= own["whole"]["p99"]
    assert own["judged_by"] == "rules"


def test_a_model_that_cannot_be_made_is_no_measurement(small: LlamaConfig) -> None:
    def full() -> None:
        raise ModelError("the card has no memory")

    with pytest.raises(ModelError, match="the card has no memory"):
        measured(full, count=1, progress=lambda: None)
