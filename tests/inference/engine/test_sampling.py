from collections import Counter

import torch

from inference.engine.sampling import Wish, row_generator, sample
from inference.engine.style import Sampling

LOGITS = torch.tensor([3.0, 2.0, 1.0, -5.0])
COLD = Sampling(temperature=0, top_p=0.9, repetition_penalty=1.0)


def draw(wish: Wish, logits: torch.Tensor = LOGITS) -> int:
    return sample(logits[None].clone(), [wish])[0]


def test_no_temperature_takes_the_likeliest() -> None:
    assert draw(Wish((), COLD, row_generator(1))) == 0


def test_what_was_said_becomes_less_likely() -> None:
    careful = Sampling(temperature=0, repetition_penalty=2.0)
    assert draw(Wish([0], careful, row_generator(1))) == 1
    assert draw(Wish([0, 1], careful, row_generator(1))) == 0


def test_the_nucleus_leaves_out_the_tail() -> None:
    wish = Wish((), Sampling(1.0, 0.7, 1.0), row_generator(5))
    drawn = Counter(draw(wish) for _ in range(300))
    assert set(drawn) == {0, 1}
    assert 0.6 < drawn[0] / 300 < 0.85  # e^3 : e^2 is .73 : .27


def test_the_same_seed_draws_the_same_whoever_is_beside_it() -> None:
    hot = Sampling(1.5, 1.0, 1.0)
    alone, beside = Wish((), hot, row_generator(9)), Wish((), hot, row_generator(9))
    first = [draw(alone) for _ in range(20)]
    others = Wish([2], Sampling(0.5, 0.3, 1.3), row_generator(1))
    second = [sample(LOGITS.repeat(2, 1), [others, beside])[1] for _ in range(20)]
    assert first == second
    assert len(set(first)) > 1


def test_a_large_vocabulary_is_searched_whole() -> None:
    logits = torch.randn(3, 64 * 200, generator=torch.Generator().manual_seed(3))
    wishes = [Wish((), COLD, row_generator(1))] * 3
    assert sample(logits.clone(), wishes) == logits.argmax(1).tolist()
    wide = Sampling(5.0, 1.0, 1.0)
    likeliest = set(logits[0].topk(64).indices.tolist())
    drawn = {sample(logits[:1].clone(), [Wish((), wide, row_generator(seed))])[0] for seed in range(400)}
    assert drawn <= likeliest
    assert len(drawn) > 40
