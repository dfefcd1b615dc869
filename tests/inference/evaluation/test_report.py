import io
import json
from pathlib import Path

from rich.console import Console

from inference.evaluation.figures import Figure
from inference.evaluation.layers import Layer
from inference.evaluation.report import Report, print_table, write_json

REPORT = Report(
    suite="crisis",
    file="rows.jsonl",
    sha256="ab" * 32,
    rows=40,
    versions={"screen": "screen 1", "heads.message": "m 1"},
    figures={
        Layer.UNION: [Figure("recall", 0.95, 0.9, 1.0, 40)],
        Layer.LEXICAL: [Figure("recall", None, None, None, 0), Figure("number of alarms", 3, 1.0, 6.0, 40)],
    },
)


def test_the_file_holds_every_figure_with_its_layer_and_what_it_was_made_of(tmp_path: Path) -> None:
    write_json(REPORT, tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == {
        "suite": "crisis",
        "file": {"name": "rows.jsonl", "sha256": "ab" * 32},
        "rows": 40,
        "versions": {"screen": "screen 1", "heads.message": "m 1"},
        "figures": [
            {"layer": "union", "name": "recall", "value": 0.95, "low": 0.9, "high": 1.0, "n": 40},
            {"layer": "lexical", "name": "recall", "value": None, "low": None, "high": None, "n": 0},
            {"layer": "lexical", "name": "number of alarms", "value": 3, "low": 1.0, "high": 6.0, "n": 40},
        ],
    }


def test_the_table_shows_values_with_their_intervals_and_a_dash_where_there_is_none() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    print_table(REPORT, console)
    lines = [" ".join(line.replace("│", " ").split()) for line in console.export_text().splitlines()]
    assert "union recall 0.950 0.900 to 1.000 40" in lines
    assert "lexical recall - - 0" in lines
    assert "lexical number of alarms 3 1 to 6 40" in lines
    assert "heads.message: m 1, screen: screen 1" in lines
