import torch
from transformers import LlamaConfig

from inference.benchmark.card.chats import chats
from inference.benchmark.card.generate import measured, random_network, run
from inference.benchmark.card.plan import TURNS


def test_plain_generate_answers_the_same_chats_each_to_its_own_length(small: LlamaConfig) -> None:
    network = random_network(small, numbers=torch.float32, device="cpu")
    talks = chats(2, vocabulary=small.vocab_size, seed=2)
    answers, wall_s = run(network, talks, progress=lambda: None)
    alone = chats(2, vocabulary=small.vocab_size, seed=2)
    lengths = [chat.length for _ in range(TURNS) for chat in alone if chat.ask()]
    assert sorted(answer.tokens for answer in answers) == sorted(lengths)
    assert wall_s >= max(answer.total_s for answer in answers)


def test_a_trial_of_plain_generate_has_the_figures_that_our_step_has(small: LlamaConfig) -> None:
    network = random_network(small, numbers=torch.float32, device="cpu")
    told: list[int] = []
    own = measured(network, count=1, progress=lambda: told.append(1))
    assert (own["chats"], own["answers"], len(told)) == (1, TURNS, 2 * TURNS)
    assert own["tokens_per_s"] > 0
