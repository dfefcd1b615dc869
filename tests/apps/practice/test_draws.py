from collections import Counter

from apps.practice.draws import Draws


def test_a_draw_is_the_same_on_every_machine() -> None:
    assert Draws("0123456789abcdef", 7, 3).unit("talk") == 0.8437723543548123


def test_draws_differ_by_seed_place_and_purpose() -> None:
    drawn = {
        Draws("a", seed, n).unit(purpose) for seed in (1, 2) for n in (1, 2) for purpose in ("talk", "act")
    }

    assert len(drawn) == 8
    assert all(0 <= value < 1 for value in drawn)


def test_choose_follows_the_weights_and_never_takes_what_weighs_nothing() -> None:
    weights = {"never": 0.0, "seldom": 1.0, "often": 3.0}
    chosen = Counter(Draws("a", 1, n).choose("act", weights) for n in range(2000))

    assert chosen["never"] == 0
    assert 0.70 < chosen["often"] / 2000 < 0.80
