"""Write what the detectors say of every row of a file."""

import argparse
from pathlib import Path

from rich.console import Console

from inference.evaluation import suites
from inference.evaluation.layers import Layer
from inference.evaluation.predicting import NO_HEADS, answers, read, shipped_heads
from inference.evaluation.rows import read_rows, write_predictions

NAME = "predict"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("suite", choices=suites.names())
    parser.add_argument("--data", type=Path, required=True, help="rows to look at, JSON Lines")
    parser.add_argument("--out", type=Path, required=True, help="the same rows, each with its `prediction`")


def run(arguments: argparse.Namespace) -> int:
    console = Console(stderr=True)
    suite = suites.load(arguments.suite)
    rows = read_rows(arguments.data)
    heads = shipped_heads(suite)
    if heads is None and suite.ADAPTERS:
        console.print(f"{suite.NAME}: {NO_HEADS}")
    seen = read(suite, rows, heads, console)
    write_predictions(arguments.out, rows, answers(suite, seen, Layer.UNION, console))
    return 0
