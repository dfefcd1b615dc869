"""The registry's facts as JSON: what the page of cards shows, and what the worker answers to whoever asks it.

Torch-free. An adapter that is not sound is told of with its problem, so that one of them does not hide the rest.
"""

from collections.abc import Mapping

from inference.errors import ModelError
from inference.models.adapter import Adapter
from inference.models.figure_file import to_json
from inference.models.gate import Figures
from inference.models.history import promoted
from inference.models.registry import Registry
from inference.strict_json import Json

SHOWN_OF_CARD = ("version", "base", "form", "licence", "training_files", "use", "failures")
MOST_HISTORY = 50
"""Entries of each name, the last ones."""


def facts(registry: Registry, refused: Mapping[str, str] | None = None) -> dict[str, Json]:
    """`{"names": [{"name", "speaks", "problem", "may_roll_back", "adapters", "history"}]}`; adapters oldest registered
    first. `refused`: by name, why what should speak does not; nobody speaks there, and the reason stands beside the
    gate's."""
    named = [_named(registry, name) for name in registry.names()]
    for each in named:
        if each["name"] in (refused or {}):
            _leave_out(each, (refused or {})[each["name"]])
    return {"names": named}


def _leave_out(named: dict[str, Json], why: str) -> None:
    for adapter in named["adapters"]:
        if adapter["sha256"] == named["speaks"]:
            adapter["gate"] = [*adapter["gate"], f"does not speak: {why}"]
    named["speaks"] = ""


def _named(registry: Registry, name: str) -> dict[str, Json]:
    found: dict[str, Json] = {"name": name, "speaks": "", "problem": "", "may_roll_back": False}
    found |= {"adapters": [], "history": []}
    speaks = None
    try:
        history = registry.history(name)
        found["may_roll_back"] = bool(promoted(history))
        found["history"] = [
            {"at": e.at, "event": e.event, "sha256": e.sha256, "reasons": list(e.reasons), "by": e.by}
            for e in history[-MOST_HISTORY:]
        ]
        speaks = registry.served(name)
        found["speaks"] = speaks.sha256 if speaks else ""
    except ModelError as error:
        found["problem"] = error.code
    found["adapters"] = [_adapter(registry, name, sha256, speaks) for sha256 in _addresses(registry, name)]
    if found["problem"]:
        for adapter in found["adapters"]:
            adapter["gate"] = [*adapter["gate"], "what speaks cannot be read: roll back first"]
    return found


def _addresses(registry: Registry, name: str) -> list[str]:
    try:
        shipped = registry.shipped_adapter(name)
        order = [entry.sha256 for entry in registry.history(name) if entry.event == "registered"]
    except ModelError:
        shipped, order = None, []
    kept = registry.addresses(name)
    own = [shipped.sha256] if shipped else []
    return list(dict.fromkeys([*own, *(each for each in order if each in kept), *kept]))


def _adapter(registry: Registry, name: str, sha256: str, speaks: Adapter | None) -> dict[str, Json]:
    try:
        adapter = registry.adapter(name, sha256)
        figures = registry.figures_of(adapter)
    except ModelError as error:
        return {"sha256": sha256, "problem": error.code, "card": {}, "figures": None, "gate": []}
    return {
        "sha256": sha256,
        "problem": "",
        "card": _shown(adapter.card),
        "figures": to_json(figures) if figures else None,
        "gate": _gate(registry, figures, None if speaks and speaks.sha256 == sha256 else speaks),
    }


def _gate(registry: Registry, figures: Figures | None, standing: Adapter | None) -> list[str]:
    if figures is None:
        return ["not measured"]
    try:
        return list(registry.verdict(figures, standing).reasons)
    except ModelError:
        return ["what speaks cannot be compared: its figures cannot be read"]


def _shown(card: Mapping[str, Json]) -> dict[str, Json]:
    return {key: card[key] for key in SHOWN_OF_CARD if key in card}
