"""Figures, with their intervals, of the detectors on a file of labelled rows."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from inference.evaluation import suites
from inference.evaluation.layers import Layer
from inference.evaluation.predicting import NO_HEADS, ReadRows, answers, read, shipped_heads
from inference.evaluation.report import Report, print_table, write_json
from inference.evaluation.rows import read_rows, sha256_of

NAME = "evaluate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", choices=suites.names())
    parser.add_argument("--data", type=Path, required=True, help="labelled rows, JSON Lines")
    parser.add_argument("--json", type=Path, default=None, help="write the figures there too")
    parser.add_argument(
        "--layer",
        type=Layer,
        choices=tuple(Layer),
        default=None,
        help="one layer only; else every one there is",
    )


def run(arguments: argparse.Namespace) -> int:
    console = Console(stderr=True)
    suite = suites.load(arguments.suite)
    rows = read_rows(arguments.data)
    heads = None if arguments.layer is Layer.LEXICAL else shipped_heads(suite)
    if heads is None and suite.ADAPTERS and arguments.layer is not Layer.LEXICAL:
        console.print(f"{suite.NAME}: {NO_HEADS}")
    seen = read(suite, rows, heads, console)
    layers = [arguments.layer] if arguments.layer else _layers(suite, seen)
    report = Report(
        suite=suite.NAME,
        file=arguments.data.name,
        sha256=sha256_of(arguments.data),
        rows=len(rows),
        versions=seen.versions,
        figures={layer: suite.figures(rows, answers(suite, seen, layer, console)) for layer in layers},
    )
    print_table(report, Console())
    if arguments.json:
        write_json(report, arguments.json)
    return 0


def _layers(suite: suites.Suite, seen: ReadRows) -> Sequence[Layer]:
    return suite.LAYERS if seen.heads else (Layer.LEXICAL,)
