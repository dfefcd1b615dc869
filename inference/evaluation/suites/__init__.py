"""The suites, one file each, named as on the command line.

A suite has `NAME`; `ADAPTERS`, those of the encoder that its heads belong to; `LAYERS` that can be told apart;
`VERSIONS` of the rules it asks; `given(row)`, which reads a row's input fields and never its labels;
`prediction(given, layer)` in the form that `predict` documents; and `figures(rows, predictions)`.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Protocol

from inference.evaluation.figures import Figure
from inference.evaluation.layers import Layer
from inference.evaluation.rows import Prediction, Row
from inference.safety.detectors.given import Given


class Suite(Protocol):
    NAME: str
    ADAPTERS: Sequence[str]
    LAYERS: Sequence[Layer]
    VERSIONS: Mapping[str, str]

    def given(self, row: Row) -> Given:
        """Raises EvaluationError where the row lacks what the suite reads."""

    def prediction(self, given: Given, layer: Layer) -> Prediction:
        """What the product says of it, or one layer of it; answers without readings too."""

    def figures(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Figure]:
        """Raises EvaluationError where the rows lack the labels."""


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Suite:
    return importlib.import_module(f"{__name__}.{name}")  # type: ignore[return-value]
