import pytest

from inference.insight.empathy import Mechanism, empathy_of
from inference.safety.detectors.given import Reading


def read(*scores: float) -> Reading:
    return Reading(dict(zip("012", scores, strict=True)), "m1")


@pytest.mark.parametrize(
    ("scores", "mechanism"),
    [
        ((1.0, 0.0, 0.0), Mechanism(0, 1.0, 0.0, False)),
        ((0.0, 0.0, 1.0), Mechanism(2, 1.0, 2.0, False)),
        ((0.2, 0.5, 0.3), Mechanism(1, 0.5, 1.1, False)),
        ((0.4, 0.3, 0.3), Mechanism(0, 0.4, 0.9, True)),
    ],
)
def test_a_mechanism_has_a_likeliest_and_an_expected_level(
    scores: tuple[float, ...], mechanism: Mechanism
) -> None:
    found = empathy_of({"empathy.explorations": read(*scores)})
    assert found == {"explorations": mechanism}
    assert found["explorations"].share == pytest.approx(mechanism.expected / 2)


def test_mechanisms_that_were_not_read_are_left_out() -> None:
    assert empathy_of({}) == {}
