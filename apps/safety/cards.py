"""What was measured of the heads, from the cards that lie beside their weights. Read when first asked for.

Knows the cards' shape and nothing of models; where there is no card there is nothing to say.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDERS = ("inference/encoder/weights", "inference/safety/detectors")
HEAD = "head."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measured:
    """One figure of a head, 0-1, with its interval, on `rows` kept aside from training."""

    head: str
    figure: str
    rows: int
    value: float
    low: float
    high: float


def measured(detector: str) -> tuple[Measured, ...]:
    """The figures of the heads that a detector reads: those of its name, or of a part of it ("head.bias" reads
    "bias.kinds"). Empty where there is no card."""
    if not detector.startswith(HEAD):
        return ()
    name = detector.removeprefix(HEAD)
    return tuple(f for f in _figures(_root()) if f.head == name or f.head.startswith(f"{name}."))


def _root() -> Path:
    return Path(settings.BASE_DIR)


@cache
def _figures(root: Path) -> tuple[Measured, ...]:
    cards = sorted(card for folder in FOLDERS for card in (root / folder).glob("*/card.json"))
    return tuple(figure for card in cards for figure in _read(card))


def _read(card: Path) -> list[Measured]:
    """A card that cannot be read is no reason to hide a transcript."""
    try:
        return [_figure(entry) for entry in json.loads(card.read_text(encoding="utf-8"))["held_out"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.error("the card %s cannot be read: %s", card.parent.name, type(error).__name__)
        return []


def _figure(entry: Mapping[str, object]) -> Measured:
    value, low, high = (float(entry[key]) for key in ("value", "low", "high"))
    return Measured(str(entry["head"]), str(entry["figure"]), int(entry["rows"]), value, low, high)
