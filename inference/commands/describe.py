"""Count what is written for training, by file and label; keep the datasheet's counts and the cards' notes true."""

import argparse

from inference.training.composition import DATASHEET, counts, described

NAME = "describe"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the counts into the datasheet, and notes.toml into every card",
    )


def run(arguments: argparse.Namespace) -> int:
    if not arguments.write:
        print(counts())
        return 0
    from inference.encoder.reader import WEIGHTS  # noqa: PLC0415 - imports torch
    from inference.training.cards import refresh  # noqa: PLC0415

    DATASHEET.write_text(described(DATASHEET.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"written to {DATASHEET}")
    for card in sorted(WEIGHTS.glob("*/card.json")):
        refresh(card.parent)
        print(f"written to {card.parent}")
    return 0
