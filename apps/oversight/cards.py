"""The registry's facts as a page shows them: adapters side by side, figures as rows. Pure; knows no request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHORT = 12
NOTHING = ("-",)
CARD_ROWS = ("Version", "On", "Asked in form", "Licence", "Trained on", "Use", "Where it fails")
_SAYS = {
    "registered": "was registered",
    "promoted": "was promoted",
    "refused": "was held back by the gate",
    "rolled_back": "speaks again after a roll-back",
}


@dataclass(frozen=True)
class Column:
    """One adapter. `card`: what its card says of it, row by row of CARD_ROWS, "-" where it says nothing. `problem`: it
    cannot be used as it lies there; `gate`: why it would not be let past, now."""

    sha256: str
    short: str
    card: tuple[tuple[str, ...], ...]
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
    """Everything of one name. `card_rows`: a heading, and for each column the lines its card has there. `rows` of the
    gate's figures come first."""

    name: str
    problem: bool
    columns: tuple[Column, ...]
    card_rows: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    rows: tuple[FigureRow, ...]
    history: tuple[Happened, ...]
    may_roll_back: bool


def cards(facts: Mapping[str, Any]) -> list[Speaking]:
    return [_speaking(each) for each in facts.get("names", [])]


def _speaking(given: Mapping[str, Any]) -> Speaking:
    adapters = given["adapters"]
    columns = tuple(_column(each, speaks=given["speaks"]) for each in adapters)
    return Speaking(
        name=given["name"],
        problem=bool(given["problem"]),
        columns=columns,
        card_rows=tuple(
            (heading, tuple(column.card[at] for column in columns)) for at, heading in enumerate(CARD_ROWS)
        ),
        rows=tuple(_rows(adapters)),
        history=tuple(_happened(entry) for entry in reversed(given["history"])),
        may_roll_back=given["may_roll_back"] is True,
    )


def _column(adapter: Mapping[str, Any], *, speaks: str) -> Column:
    card, figures = adapter["card"], adapter["figures"]
    cases = figures["cases"] if figures else []
    right = sum(case["right"] is True for case in cases)
    return Column(
        sha256=adapter["sha256"],
        short=adapter["sha256"][:SHORT],
        card=tuple(_card_lines(card)),
        speaks=adapter["sha256"] == speaks,
        problem=bool(adapter["problem"]),
        measured=figures is not None,
        gate=tuple(adapter["gate"]),
        cases=f"{right} of {len(cases)}" if cases else "-",
    )


def _card_lines(card: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """In the order of CARD_ROWS."""
    base = card.get("base")
    yield _lines(card.get("version"))
    yield _lines(
        [base[key] for key in ("name", "revision") if base.get(key)] if isinstance(base, dict) else base
    )
    yield _lines(card.get("form"))
    yield _lines(card.get("licence"))
    yield tuple(_data(card.get("training_files"))) or NOTHING
    yield _lines(card.get("use"))
    yield _lines(card.get("failures"))


def _data(files: Any) -> Iterator[str]:
    """How many rows of how many files, then every file with its rows: as cards of training name them."""
    files = [each for each in files if _is_file(each)] if isinstance(files, list) else []
    if not files:
        return
    yield f"{sum(each['rows'] for each in files)} rows of {len(files)} files"
    for each in files:
        aside = f", {each['kept_aside']} kept aside" if each.get("kept_aside") else ""
        yield f"{each['path']}: {each['rows']}{aside}"


def _is_file(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("rows"), int) and "path" in entry


def _lines(value: Any) -> tuple[str, ...]:
    """What a card has in one place, a text or a list of texts, as lines."""
    if value is None or value in ("", []):
        return NOTHING
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


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
