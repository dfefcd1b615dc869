"""Count what is written for training, by file and label, and keep the datasheet's counts true."""

import argparse

from inference.training.composition import DATASHEET, counts, described

NAME = "describe"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="put the counts into the datasheet")


def run(arguments: argparse.Namespace) -> int:
    if arguments.write:
        DATASHEET.write_text(described(DATASHEET.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"written to {DATASHEET}")
    else:
        print(counts())
    return 0
