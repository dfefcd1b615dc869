"""From rows to predictions: the heads read in batches, then each layer answers. Looks at no label."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import track

from inference.assessing import HeadReader
from inference.evaluation.errors import EvaluationError
from inference.evaluation.layers import Layer, without_heads
from inference.evaluation.rows import Prediction, Row
from inference.evaluation.suites import Suite
from inference.models.catalogue import data_directory
from inference.safety.detectors.given import Given

BATCH = 64
NO_HEADS = "the trained heads or their encoder are not here: the rules alone answer"


class VersionedHeads(HeadReader, Protocol):
    versions: Mapping[str, str]
    """By adapter."""


@dataclass(frozen=True)
class ReadRows:
    """What a suite is given of every row. `heads`: whether the trained heads read it; `versions` of rules and heads."""

    given: Sequence[Given]
    heads: bool
    versions: dict[str, str]


def shipped_heads(suite: Suite, data: Path | None = None) -> VersionedHeads | None:
    """The heads that the suite asks, or None where it asks none or they are not here."""
    if not suite.ADAPTERS:
        return None
    from inference.encoder.reader import load_heads  # noqa: PLC0415 - torch takes seconds, and may not be there

    return load_heads(data or data_directory(), only=suite.ADAPTERS)


def read(suite: Suite, rows: Sequence[Row], heads: VersionedHeads | None, console: Console) -> ReadRows:
    """What the suite is given of the rows, with the heads' readings where there are heads."""
    given = [_given(suite, row, number) for number, row in enumerate(rows, 1)]
    versions = dict(suite.VERSIONS)
    if heads is None:
        return ReadRows(given, False, versions)
    seen: list[Given] = []
    for batch in track(
        _batches(given), f"{suite.NAME}: heads", console=console, total=-(-len(given) // BATCH)
    ):
        seen += heads.read(batch)
    versions |= {f"heads.{adapter}": version for adapter, version in heads.versions.items()}
    return ReadRows(seen, True, versions)


def answers(suite: Suite, read_rows: ReadRows, layer: Layer, console: Console) -> list[Prediction]:
    """One prediction a row, in their order. Raises EvaluationError where the layer is not here."""
    if layer is Layer.MODEL and not read_rows.heads:
        raise EvaluationError("the model layer cannot answer: the trained heads are not here")
    given = read_rows.given
    if layer is Layer.LEXICAL:
        given = [without_heads(each) for each in given]
    steps = track(given, f"{suite.NAME}: {layer}", console=console)
    return [suite.prediction(each, layer) for each in steps]


def _given(suite: Suite, row: Row, number: int) -> Given:
    try:
        return suite.given(row)
    except EvaluationError as error:
        raise EvaluationError(f"row {number}: {error}") from None


def _batches(given: Sequence[Given]) -> Iterable[Sequence[Given]]:
    for first in range(0, len(given), BATCH):
        yield given[first : first + BATCH]
