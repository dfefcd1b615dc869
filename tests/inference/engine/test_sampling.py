from collections import Counter

import torch

from inference.engine.sampling import row_generator, sample
from inference.engine.style import Sampling

LOGITS = torch.tensor([3.0, 2.0, 1.0, -5.0])


def test_no_temperature_takes_the_likeliest() -> None:
    assert sample(LOGITS, seen=(), sampling=Sampling(temperature=0), chance=row_generator(1)) == 0


def test_what_was_said_becomes_less_likely() -> None:
    careful = Sampling(temperature=0, repetition_penalty=2.0)
    assert sample(LOGITS, seen=[0], sampling=careful, chance=row_generator(1)) == 1
    assert sample(LOGITS, seen=[0, 1], sampling=careful, chance=row_generator(1)) == 0


def test_the_nucleus_leaves_out_the_tail() -> None:
    chance = row_generator(5)
    drawn = Counter(
        sample(LOGITS, seen=(), sampling=Sampling(1.0, 0.7, 1.0), chance=chance) for _ in range(300)
    )
    assert set(drawn) == {0, 1}
    assert 0.6 < drawn[0] / 300 < 0.85  # e^3 : e^2 is .73 : .27


def test_the_same_seed_draws_the_same() -> None:
    first, second = (
        [sample(LOGITS, seen=(), sampling=Sampling(1.5, 1.0, 1.0), chance=chance) for _ in range(20)]
        for chance in (row_generator(9), row_generator(9))
    )
    assert first == second
