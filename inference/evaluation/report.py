"""Figures for a reader and for a program."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure
from inference.evaluation.layers import Layer


@dataclass(frozen=True)
class Report:
    """The figures of one suite on one file, layer by layer. `versions` of the rules and heads that answered."""

    suite: str
    file: str
    sha256: str
    rows: int
    versions: Mapping[str, str]
    figures: Mapping[Layer, Sequence[Figure]]

    def to_json(self) -> dict[str, object]:
        return {
            "suite": self.suite,
            "file": {"name": self.file, "sha256": self.sha256},
            "rows": self.rows,
            "versions": dict(self.versions),
            "figures": [
                {"layer": str(layer), **asdict(figure)}
                for layer, figures in self.figures.items()
                for figure in figures
            ],
        }


def write_json(report: Report, path: Path) -> None:
    """The file is there whole or not at all. Raises EvaluationError where it cannot be written."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written ({type(error).__name__})") from error


def print_table(report: Report, console: Console) -> None:
    table = Table(title=f"{report.suite}: {report.rows} rows of {report.file}", title_justify="left")
    for heading in ("layer", "figure"):
        table.add_column(heading)
    for heading in ("value", "95 % interval", "n"):
        table.add_column(heading, justify="right")
    for layer, figures in report.figures.items():
        for figure in figures:
            table.add_row(layer, figure.name, *_shown(figure), str(figure.n))
        table.add_section()
    console.print(table)
    console.print(", ".join(f"{name}: {version}" for name, version in sorted(report.versions.items())))


def _shown(figure: Figure) -> tuple[str, str]:
    """The value and its interval; a count has no decimals."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "-", "-"
    decimals = 0 if isinstance(figure.value, int) else 3
    value, low, high = (f"{number:.{decimals}f}" for number in (figure.value, figure.low, figure.high))
    return value, f"{low} to {high}"
