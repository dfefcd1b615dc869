"""Fetch, check and list the bundled models; register adapters, promote them past the gate, roll them back."""

import argparse
import getpass
from collections.abc import Callable
from pathlib import Path

from inference.models.adapter import Adapter
from inference.models.catalogue import SETS, TEXT, data_directory, folder_of, is_dense, is_present
from inference.models.fetch import fetch
from inference.models.fitting import Base, misfit
from inference.models.registry import Registry

NAME = "models"
SHORT = 12
"""Digits of an address that are shown; as many as make it one may be given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    fetching = what.add_parser("fetch", help="download, check and unpack a set; at once if it is here")
    fetching.add_argument("set", choices=sorted(SETS))
    what.add_parser("list", help="the models we know, and which are here")
    registering = what.add_parser("register", help="keep an adapter under the address of its content")
    registering.add_argument(
        "folder", type=Path, help="with adapter_model.safetensors, its config and card.json"
    )
    promoting = what.add_parser("promote", help="let an adapter speak, if the gate lets it past")
    promoting.add_argument("name", help="client, companion, ...")
    promoting.add_argument("sha", help="its address, or enough of the beginning")
    back = what.add_parser("rollback", help="give the place back to the adapter before")
    back.add_argument("name")
    for word, help_words in (
        ("history", "what was registered, promoted, refused, rolled back"),
        ("show", "the adapters, which one speaks, its figures"),
    ):
        what.add_parser(word, help=help_words).add_argument(
            "name", nargs="?", default="", help="one name only"
        )


def run(arguments: argparse.Namespace) -> int:
    return _RUN[arguments.what](arguments)


def _fetch(arguments: argparse.Namespace) -> int:
    data = data_directory()
    for model in SETS[arguments.set]:
        folder = fetch(model, data, tell=_tell)
        if model is TEXT and not is_dense(folder / model.weights):
            from inference.models.convert import dense_folder  # noqa: PLC0415 - torch takes seconds

            _tell(f"{model.key}: preparing it for quick loading (about 20 s, once)")
            dense_folder(folder / model.weights)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    data = data_directory()
    for name, models in SETS.items():
        for model in models:
            here = f"in {folder_of(model, data)}" if is_present(model, data) else "not here"
            print(
                f"{name:8} {model.key:24} {model.kind:11} {model.licence:11} {model.size >> 20:4} MiB  {here}"
            )
    return 0


def _register(arguments: argparse.Namespace) -> int:
    adapter = Registry().register(arguments.folder, by=_operator())
    print(f"{adapter.name} {adapter.sha256}")
    _say_record(adapter.name)
    return 0


def _promote(arguments: argparse.Namespace) -> int:
    registry = Registry()
    sha256 = registry.find(arguments.name, arguments.sha)
    verdict = registry.promote(arguments.name, sha256, by=_operator())
    _say_record(arguments.name)
    if verdict.passed:
        print(f"{arguments.name} {sha256[:SHORT]} speaks from the worker's next reload")
        _say_misfit(registry.adapter(arguments.name, sha256))
        return 0
    print(f"{arguments.name} {sha256[:SHORT]} was not promoted:")
    for reason in verdict.reasons:
        print(f"  {reason}")
    return 1


def _roll_back(arguments: argparse.Namespace) -> int:
    back = Registry().roll_back(arguments.name, by=_operator())
    speaks = f"{back.sha256[:SHORT]} {back.version}" if back else "the bare model"
    print(f"{arguments.name}: {speaks} speaks from the worker's next reload")
    _say_record(arguments.name)
    return 0


def _history(arguments: argparse.Namespace) -> int:
    registry = Registry()
    for name in _names(registry, arguments.name):
        for entry in registry.history(name):
            why = f"  ({'; '.join(entry.reasons)})" if entry.reasons else ""
            print(
                f"{entry.at}  {name}  {entry.event:11}  {entry.sha256[:SHORT] or 'shipped'}  {entry.by}{why}"
            )
    return 0


def _show(arguments: argparse.Namespace) -> int:
    registry = Registry()
    for name in _names(registry, arguments.name):
        speaks = registry.served(name)
        shipped = registry.shipped_adapter(name)
        known = {each.sha256: each for each in (shipped,) if each}
        known |= {sha256: registry.adapter(name, sha256) for sha256 in registry.addresses(name)}
        for adapter in known.values():
            _show_one(registry, adapter, speaks=speaks is not None and adapter.sha256 == speaks.sha256)
    return 0


def _show_one(registry: Registry, adapter: Adapter, *, speaks: bool) -> None:
    mark = "speaks" if speaks else ""
    print(f"{adapter.name:10} {adapter.sha256[:SHORT]}  {mark:6}  {adapter.version}")
    _say_misfit(adapter)
    figures = registry.figures_of(adapter)
    for each in figures.measured if figures else ():
        if each.value is not None:
            held = "held by the gate" if each.safety else ""
            print(f"    {each.key:58} {each.value:10.4f}  n {each.n:5}  {held}")


def _say_record(name: str) -> None:
    """A command line has no person and no organisation, which an entry of the audit log is of."""
    print(f"    on record in the registry's own history, not in the audit log: models history {name}")


def _say_misfit(adapter: Adapter) -> None:
    why = misfit(adapter.card, Base(TEXT.name, TEXT.sha256))
    if why:
        print(f"    does not speak on the bundled model: {adapter.version} {why}")


def _names(registry: Registry, name: str) -> list[str]:
    return [name] if name else registry.names()


def _operator() -> str:
    try:
        return f"command line, {getpass.getuser()}"
    except (OSError, KeyError):
        return "command line"


def _tell(sentence: str) -> None:
    print(sentence, flush=True)


_RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "fetch": _fetch,
    "list": _list,
    "register": _register,
    "promote": _promote,
    "rollback": _roll_back,
    "history": _history,
    "show": _show,
}
