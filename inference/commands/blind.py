"""Have replies of several systems read blind: make forms and their key, then figures and agreement from the ratings."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

NAME = "blind"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    making = what.add_parser("make", help="forms for readers, and the key that stays with you")
    making.add_argument("replies", nargs="+", help="NAME=FILE of evaluate-adapter --replies")
    making.add_argument("--most", type=int, default=60, help="forms of each system")
    making.add_argument("--seed", default="1")
    making.add_argument("--forms", type=Path, required=True)
    making.add_argument("--key", type=Path, required=True)
    reading = what.add_parser("read", help="figures by system, and how far readers agree")
    reading.add_argument("ratings", nargs="+", type=Path, help="JSON Lines of filled-in ratings")
    reading.add_argument("--key", type=Path, required=True)
    reading.add_argument("--json", type=Path, default=None)


def run(arguments: argparse.Namespace) -> int:
    return _make(arguments) if arguments.what == "make" else _read(arguments)


def _make(arguments: argparse.Namespace) -> int:
    from inference.evaluation.adapters.blind import forms  # noqa: PLC0415 - numpy
    from inference.evaluation.rows import read_rows  # noqa: PLC0415

    named = [each.partition("=") for each in arguments.replies]
    if not all(name and file for name, _, file in named):
        raise ValueError("replies are given as NAME=FILE")
    made, keys = forms(
        {name: read_rows(Path(file)) for name, _, file in named}, most=arguments.most, seed=arguments.seed
    )
    _write(arguments.forms, made)
    _write(arguments.key, [key.to_json() for key in keys])
    print(f"{len(made)} forms in {arguments.forms}; keep {arguments.key} from the readers")
    return 0


def _read(arguments: argparse.Namespace) -> int:
    from inference.evaluation.adapters.blind import Key, agreement, results  # noqa: PLC0415 - numpy
    from inference.evaluation.rows import read_rows  # noqa: PLC0415

    keys = [Key(**row) for row in read_rows(arguments.key)]
    ratings = [row for file in arguments.ratings for row in read_rows(file)]
    found, agreed = results(keys, ratings), agreement(ratings)
    for system, figures in found.items():
        for each in figures:
            print(f"{system:16} {each.name:28} {each.value}  ({each.low} to {each.high})  n {each.n}")
    for name, value in agreed.items():
        print(f"kappa            {name:28} {'-' if value is None else value}")
    if arguments.json:
        document = {
            "systems": {system: [asdict(each) for each in figures] for system, figures in found.items()},
            "kappa": agreed,
        }
        arguments.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
