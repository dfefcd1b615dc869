import pytest
import torch
from transformers import LlamaConfig

from inference.benchmark.card.plan import CHATS, PREFIX_BYTES, WORKING_BYTES, fitting, plan, random_weights
from inference.errors import ModelError


def test_the_plan_is_that_of_an_eight_billion_model() -> None:
    trials = plan()
    assert tuple(each.chats for each in trials) == CHATS
    assert trials[0].weight_bytes / 2 == pytest.approx(8.03e9, rel=0.001)
    assert trials[1].room_bytes == (32 + 16 + 1) * 768 * 2 * 32 * 1024 * 2
    assert 40e9 < trials[-1].needed_bytes < 80e9
    assert trials[0].needed_bytes > trials[0].weight_bytes + PREFIX_BYTES + WORKING_BYTES


def test_weights_are_as_large_as_planned(small: LlamaConfig) -> None:
    trial = plan(small, chats=(3,))[0]
    made = random_weights(small, numbers=torch.bfloat16, device="cpu")
    assert made.bytes + made.embedding.nbytes == trial.weight_bytes
    assert made.embedding.dtype == torch.bfloat16


def test_only_what_fits_is_measured() -> None:
    trials = plan()
    free = trials[2].needed_bytes
    assert [each.chats for each in fitting(trials, free)] == [1, 32, 100]
    assert fitting(trials, 10**12) == trials


def test_a_card_that_is_too_small_or_not_there_is_refused_in_gigabytes() -> None:
    trials = plan()
    with pytest.raises(ModelError, match=r"need 2\d GB, and 16 GB are free"):
        fitting(trials, 16_000_000_000)
    with pytest.raises(ModelError, match="torch finds no card"):
        fitting(trials, None)
