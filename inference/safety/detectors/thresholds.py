"""Reads `thresholds.toml`: from which probability a head counts. Knows the file's shape and no detector."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from inference.errors import InferenceError

FILE = Path(__file__).parent / "thresholds.toml"


class ThresholdError(InferenceError):
    """The file names no such detector, or a value outside 0-1."""

    code = "threshold"
    retryable = False


@cache
def _read() -> tuple[int, Mapping[str, Mapping[str, float]]]:
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    version = data.pop("version")
    for detector, values in data.items():
        for name, value in values.items():
            if not 0 <= value <= 1:
                raise ThresholdError(f"{FILE.name}: {detector}.{name} is outside 0-1")
    return version, data


def thresholds(detector: str) -> Mapping[str, float]:
    """Probabilities by name. Raises ThresholdError where the file names no such detector."""
    try:
        return _read()[1][detector]
    except KeyError as error:
        raise ThresholdError(f"{FILE.name} has no [{detector}]") from error


def thresholds_version() -> str:
    return f"thresholds {_read()[0]}"
