"""What is measured of an adapter's replies, one file each.

A suite has `NAME`; `PERSONS` whom it can be asked about; `VERSION` of its rules, which figures are compared under; and
`measured(material)`.
"""

import importlib
import pkgutil
from collections.abc import Collection
from typing import Protocol

from inference.evaluation.adapters.replies import Material
from inference.models.gate import Measured


class AdapterSuite(Protocol):
    NAME: str
    PERSONS: Collection[str]
    VERSION: str

    def measured(self, material: Material) -> list[Measured]:
        """Figures in the order they are shown; none where the material does not hold what they need."""


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def suites_for(person: str) -> list[AdapterSuite]:
    loaded = [importlib.import_module(f"{__name__}.{name}") for name in names()]
    return [suite for suite in loaded if person in suite.PERSONS]  # type: ignore[misc]
