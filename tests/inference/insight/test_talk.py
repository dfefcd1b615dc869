import pytest

from inference.insight.talk import Talk, talk_of
from inference.safety.detectors.given import Reading


def read(change: float, neutral: float, sustain: float) -> dict[str, Reading]:
    return {"talk": Reading({"change": change, "neutral": neutral, "sustain": sustain}, "m1")}


@pytest.mark.parametrize(
    ("scores", "talk"),
    [
        ((0.7, 0.2, 0.1), Talk("change", 0.7, 0.6, False)),
        ((0.1, 0.8, 0.1), Talk("neutral", 0.8, 0.0, False)),
        ((0.05, 0.35, 0.6), Talk("sustain", 0.6, -0.55, False)),
        ((0.45, 0.3, 0.25), Talk("change", 0.45, 0.2, False)),
        ((0.4, 0.35, 0.25), Talk("change", 0.4, 0.15, True)),
    ],
)
def test_talk_is_the_likeliest_lean_unless_that_is_unsure(scores: tuple[float, ...], talk: Talk) -> None:
    assert talk_of(read(*scores)) == talk


def test_talk_without_the_head_is_unknown() -> None:
    assert talk_of({}) is None
