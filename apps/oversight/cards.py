"""The registry's facts as a page shows them: adapters side by side, figures as rows. Pure; knows no request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHORT = 12
_SAYS = {
    "registered": "was registered",
    "promoted": "was promoted",
    "refused": "was held back by the gate",
    "rolled_back": "speaks again after a roll-back",
}


@dataclass(frozen=True)
class Column:
    """One adapter. `problem`: it cannot be used as it lies there; `gate`: why it would not be let past, now."""

    sha256: str
    short: str
    version: str
    base: str
    speaks: bool
    problem: bool
    measured: bool
    gate: tuple[str, ...]
    cases: str

    @property
    def may_be_promoted(self) -> bool:
        return not (self.speaks or self.problem or self.gate)


@dataclass(frozen=True)
class Cell:
    value: str = "-"
    interval: str = ""


@dataclass(frozen=True)
class FigureRow:
    suite: str
    name: str
    better: str
    held: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Happened:
    at: datetime | None
    words: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Speaking:
    """Everything of one name. `rows` of the gate's figures come first."""

    name: str
    problem: bool
    columns: tuple[Column, ...]
    rows: tuple[FigureRow, ...]
    history: tuple[Happened, ...]
    may_roll_back: bool


def cards(facts: Mapping[str, Any]) -> list[Speaking]:
    return [_speaking(each) for each in facts.get("names", [])]


def _speaking(given: Mapping[str, Any]) -> Speaking:
    adapters = given["adapters"]
    events = [entry["event"] for entry in given["history"]]
    return Speaking(
        name=given["name"],
        problem=bool(given["problem"]),
        columns=tuple(_column(each, speaks=given["speaks"]) for each in adapters),
        rows=tuple(_rows(adapters)),
        history=tuple(_happened(entry) for entry in reversed(given["history"])),
        may_roll_back=events.count("promoted") > events.count("rolled_back"),
    )


def _column(adapter: Mapping[str, Any], *, speaks: str) -> Column:
    card, figures = adapter["card"], adapter["figures"]
    cases = figures["cases"] if figures else []
    right = sum(case["right"] is True for case in cases)
    return Column(
        sha256=adapter["sha256"],
        short=adapter["sha256"][:SHORT],
        version=str(card.get("version", "")),
        base=str(card.get("base", {}).get("name", "")),
        speaks=adapter["sha256"] == speaks,
        problem=bool(adapter["problem"]),
        measured=figures is not None,
        gate=tuple(adapter["gate"]),
        cases=f"{right} of {len(cases)}" if cases else "-",
    )


def _rows(adapters: Sequence[Mapping[str, Any]]) -> list[FigureRow]:
    """Every figure that any of them has; the gate's first, else in the order they were measured."""
    by_key = [
        {(each["suite"], each["name"]): each for each in (adapter["figures"] or {}).get("figures", [])}
        for adapter in adapters
    ]
    keys = list(dict.fromkeys(key for found in by_key for key in found))
    rows = []
    for suite, name in keys:
        one = next(found[suite, name] for found in by_key if (suite, name) in found)
        cells = tuple(_cell(found.get((suite, name))) for found in by_key)
        better = "" if one["better"] == "neither" else f"{one['better']} is better"
        rows.append(FigureRow(suite, name, better, one["safety"] is True, cells))
    return sorted(rows, key=lambda row: not row.held)


def _cell(figure: Mapping[str, Any] | None) -> Cell:
    if figure is None or figure["value"] is None:
        return Cell()
    low, high = figure["low"], figure["high"]
    interval = "" if low is None or high is None else f"{_number(low)} to {_number(high)}"
    return Cell(_number(figure["value"]), interval)


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def _happened(entry: Mapping[str, Any]) -> Happened:
    who = entry["sha256"][:SHORT] or "The shipped adapter"
    try:
        at = datetime.fromisoformat(entry["at"])
    except ValueError:
        at = None
    return Happened(at, f"{who} {_SAYS.get(entry['event'], entry['event'])}", tuple(entry["reasons"]))
