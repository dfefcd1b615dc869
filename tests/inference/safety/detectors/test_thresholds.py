import pytest

from inference.safety.detectors.thresholds import ThresholdError, thresholds, thresholds_version


def test_thresholds_of_a_detector_are_probabilities() -> None:
    assert all(0 <= value <= 1 for value in thresholds("crisis").values())
    assert thresholds("crisis").keys() >= {"low", "moderate", "high", "imminent", "kind"}


def test_thresholds_of_an_unknown_detector_are_refused_by_name() -> None:
    with pytest.raises(ThresholdError, match="weather"):
        thresholds("weather")


def test_thresholds_name_their_version() -> None:
    assert thresholds_version().startswith("thresholds ")
