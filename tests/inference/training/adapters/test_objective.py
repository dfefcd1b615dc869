"""Unlikelihood pulls at what is likely, and hardest at what is certain."""

import pytest
import torch

from inference.training.adapters.objective import unlikelihood


def logits_for(probability: float) -> torch.Tensor:
    """Of two words, the first with this probability."""
    odds = torch.tensor([probability / (1 - probability), 1.0], dtype=torch.float64).log().float()
    return odds.requires_grad_()


def test_unlikelihood_grows_with_the_probability_and_is_finite_where_it_is_certain() -> None:
    rare, likely, certain = (unlikelihood(torch.tensor([p]).log()) for p in (0.01, 0.9, 1.0))

    assert 0 < rare < 0.011 < 2.3 < likely < certain < 20


@pytest.mark.parametrize("probability", [0.9, 0.999, 0.9999, 0.99999])
def test_words_that_are_almost_certain_are_pulled_at(probability: float) -> None:
    logits = logits_for(probability)
    unlikelihood(logits.log_softmax(dim=0)[:1]).backward()

    assert logits.grad[0] == pytest.approx(probability, rel=0.15), "as steep as where nothing is scaled"


def test_a_step_against_a_certain_word_makes_it_less_certain() -> None:
    logits = logits_for(0.99999)
    before = unlikelihood(logits.log_softmax(dim=0)[:1])
    before.backward()
    with torch.no_grad():
        after = unlikelihood((logits - logits.grad).log_softmax(dim=0)[:1])

    assert after < before - 0.5


def test_words_it_would_not_say_are_left_alone() -> None:
    logits = logits_for(0.001)
    unlikelihood(logits.log_softmax(dim=0)[:1]).backward()

    assert logits.grad.abs().max() < 0.0011
