"""The run that a card adds, planned for 8B and run in small on a processor."""

import dataclasses

import pytest
import torch
from transformers import LlamaConfig

from inference.benchmark.card import (
    CHATS,
    PREFIX_BYTES,
    TURNS,
    WORKING_BYTES,
    fitting,
    measure,
    plan,
    random_weights,
)
from inference.errors import ModelError

SMALL = LlamaConfig(
    vocab_size=96,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
)


def test_the_plan_is_that_of_an_eight_billion_model() -> None:
    trials = plan()
    assert tuple(each.chats for each in trials) == CHATS
    assert trials[0].weight_bytes / 2 == pytest.approx(8.03e9, rel=0.001)
    assert trials[1].room_bytes == (32 + 16 + 1) * 768 * 2 * 32 * 1024 * 2
    assert 40e9 < trials[-1].needed_bytes < 80e9


def test_weights_are_as_large_as_planned() -> None:
    trial = plan(SMALL, chats=(3,))[0]
    made = random_weights(SMALL, numbers=torch.bfloat16, device="cpu")
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


def test_a_small_configuration_goes_the_same_way_on_a_processor() -> None:
    told: list[str] = []
    trials = [dataclasses.replace(each, positions=720) for each in plan(SMALL, chats=(2,))]
    assert trials[0].needed_bytes > PREFIX_BYTES + WORKING_BYTES
    result = measure(SMALL, trials, device="cpu", tell=told.append)
    (own,) = result["trials"]
    assert own["answers"] == 2 * TURNS
    assert (own["bound"]["rows"], own["bound"]["bound_by"] in ("bytes", "operations")) == (2, True)
    assert own["bound"]["moved_mb"] > 0
    assert own["recorded_steps"] >= 2
    assert own["first_ms"]["p99"] >= own["first_ms"]["p50"] > 0
    assert any("12 of 12 answers" in sentence for sentence in told)
