"""Figures of an adapter as a JSON file: written by the evaluation, read by the registry's gate and the page of cards.

Torch-free. A file that is not in this form is a ModelError naming it.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from inference.errors import ModelError
from inference.models.gate import FORMAT, Better, Case, Figures, Level, Measured
from inference.strict_json import Json

MOST_BYTES = 8 * 1024 * 1024


def to_json(figures: Figures) -> dict[str, Json]:
    return {
        "format": FORMAT,
        "name": figures.name,
        "adapter": figures.adapter,
        "comparable": dict(figures.comparable),
        "about": dict(figures.about),
        "figures": [asdict(each) for each in figures.measured],
        "cases": [asdict(each) for each in figures.cases],
    }


def write_figures(figures: Figures, path: Path, *, beside: Mapping[str, Json] | None = None) -> None:
    """The file is there whole or not at all. `beside`: what else it says, for a reader; it is not read back."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(
            json.dumps({**(beside or {}), **to_json(figures)}, indent=1) + "\n", encoding="utf-8"
        )
        os.replace(unfinished, path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({type(error).__name__})") from error


def read_figures(path: Path) -> Figures:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{path}: is longer than figures may be")
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: are no figures of an adapter ({type(error).__name__})") from error


def from_json(value: Mapping[str, Json]) -> Figures:
    if value["format"] != FORMAT:
        raise ValueError("another format")
    return Figures(
        name=str(value["name"]),
        adapter=str(value["adapter"]),
        comparable={str(key): str(each) for key, each in value["comparable"].items()},
        measured=tuple(_measured(each) for each in value["figures"]),
        cases=tuple(Case(str(each["id"]), each["right"] is True) for each in value["cases"]),
        about=dict(value["about"]),
    )


def _measured(value: Mapping[str, Json]) -> Measured:
    measured = Measured(**value)
    numbers = (measured.value, measured.low, measured.high)
    if not all(number is None or _is_number(number) for number in numbers):
        raise ValueError("a figure is no number")
    if measured.better not in tuple(Better) or not isinstance(measured.safety, bool):
        raise ValueError("a figure has no direction")
    if measured.level not in tuple(Level) or not _is_number(measured.n):
        raise ValueError("a figure is of nothing")
    return measured


def _is_number(value: Json) -> bool:
    """Not NaN, which is worse than nothing and would pass any comparison."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
