"""Fetch, check and list the bundled models."""

import argparse

from inference.models.catalogue import SETS, TEXT, data_directory, folder_of, is_dense, is_present
from inference.models.fetch import fetch

NAME = "models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    fetching = what.add_parser("fetch", help="download, check and unpack a set; at once if it is here")
    fetching.add_argument("set", choices=sorted(SETS))
    what.add_parser("list", help="the models we know, and which are here")


def run(arguments: argparse.Namespace) -> int:
    return _list() if arguments.what == "list" else _fetch(arguments.set)


def _fetch(name: str) -> int:
    data = data_directory()
    for model in SETS[name]:
        folder = fetch(model, data, tell=_tell)
        if model is TEXT and not is_dense(folder / model.weights):
            from inference.models.convert import dense_folder  # noqa: PLC0415 - torch takes seconds

            _tell(f"{model.key}: preparing it for quick loading (about 20 s, once)")
            dense_folder(folder / model.weights)
    return 0


def _list() -> int:
    data = data_directory()
    for name, models in SETS.items():
        for model in models:
            here = f"in {folder_of(model, data)}" if is_present(model, data) else "not here"
            print(
                f"{name:8} {model.key:24} {model.kind:11} {model.licence:11} {model.size >> 20:4} MiB  {here}"
            )
    return 0


def _tell(sentence: str) -> None:
    print(sentence, flush=True)
