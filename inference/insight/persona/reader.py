"""Reads which persona the words ask for, with how sure it is, or abstains. Pure Python: a table of weights by feature.

A small multinomial logistic regression (`inference/training/persona.py`); its figures are in `card.md`. It chooses
whose manner answers and nothing else: it knows no danger, and who asks it must not let it decide about any.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.insight.persona.features import features

FOLDER = Path(__file__).parent
WEIGHTS_FILE = "weights.json"
NONE = "none"
"""The label of messages that want no persona in particular."""
SCALE = 1000
"""Weights are whole numbers of thousandths."""
MOST_TEXTS = 6
"""The writer's last messages are read as one text."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`likeliest` of the personas with its probability, 0-1 among them and none; `abstained` where that is under the
    threshold, so that a caller falls back on what is careful."""

    likeliest: str
    confidence: float
    abstained: bool
    version: str

    @property
    def persona(self) -> str:
        """The persona read; empty where it abstained."""
        return "" if self.abstained else self.likeliest


@dataclass(frozen=True)
class Weights:
    """`bias` by label; `by_feature` has a number a label, in the labels' order; `version` names the file's content."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    by_feature: Mapping[str, Sequence[int]]
    threshold: float
    version: str

    def chances(self, values: Mapping[str, float]) -> dict[str, float]:
        """Probability by label, adding up to 1, of a text with these features."""
        logits = list(self.bias)
        for name, value in values.items():
            for at, weight in enumerate(self.by_feature.get(name, ())):
                logits[at] += value * weight / SCALE
        most = max(logits)
        parts = [math.exp(logit - most) for logit in logits]
        return {label: part / sum(parts) for label, part in zip(self.labels, parts, strict=True)}


def read_persona(texts: Sequence[str], *, weights: Weights | None = None) -> Reading:
    """What the writer of `texts` wants, their own messages only, oldest first. Never raises for any text."""
    weights = weights or shipped_weights()
    values = features("\n".join(texts[-MOST_TEXTS:]))
    chances = weights.chances(values)
    personas = [label for label in weights.labels if label != NONE]
    likeliest = max(personas, key=chances.__getitem__)
    confidence = chances[likeliest]
    abstained = not values or confidence < weights.threshold
    return Reading(likeliest, round(confidence, 4), abstained, weights.version)


def version() -> str:
    """Of the shipped weights."""
    return shipped_weights().version


@cache
def shipped_weights() -> Weights:
    return load_weights(FOLDER / WEIGHTS_FILE)


def load_weights(path: Path) -> Weights:
    content = path.read_bytes()
    document = json.loads(content)
    return Weights(
        tuple(document["labels"]),
        tuple(document["bias"]),
        document["weights"],
        document["threshold"],
        version_of(content),
    )


def version_of(content: bytes) -> str:
    return f"persona {hashlib.sha256(content).hexdigest()[:8]}"
