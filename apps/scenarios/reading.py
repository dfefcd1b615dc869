"""Reads checked values out of a parsed TOML table and collects what is wrong, each with file, line and key.

Knows TOML's shapes, not what a client is: `format.py` says which keys there are.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.scenarios.toml_lines import Path, line_of


@dataclass
class Problems:
    """What is wrong with one file so far; `sentences` come back in the file's order."""

    file: str
    lines: Mapping[Path, int]
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, path: Path, what: str) -> None:
        line = line_of(path, self.lines)
        self.found.append((line, f"{self.file}:{line}: {dotted(path)}: {what}"))

    def sentences(self) -> list[str]:
        return [sentence for _, sentence in sorted(self.found, key=lambda entry: entry[0])]


def dotted(path: Path) -> str:
    """("lines", 12, "act") -> `lines[12].act`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def nearest(word: str, options: Iterable[str]) -> str:
    """`; did you mean "minimise"?`, the list of options where nothing is close and it is short, or nothing."""
    options = list(options)
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; one of {', '.join(options)}" if len(options) <= 20 else ""


@dataclass
class Table:
    """One TOML table being read. A value that is missing or wrong is reported and read as its type's empty value,
    so that one run finds every problem; `close` reports the keys nobody asked for."""

    values: Mapping[str, Any]
    path: Path
    problems: Problems
    asked: set[str] = field(default_factory=set)

    def text(self, key: str, *, required: bool = True, longest: int = 2000) -> str:
        value = self._value(key, str, "text in quotes", required)
        if value is None:
            return ""
        if required and not value.strip():
            self._complain(key, "is empty")
        if len(value) > longest:
            self._complain(key, f"has {len(value)} characters; at most {longest}")
        return value.strip()

    def whole(self, key: str, low: int, high: int) -> int:
        value = self._value(key, int, "a whole number", True)
        return low if value is None else self._within(key, value, low, high)

    def number(self, key: str, low: float, high: float, *, missing: float | None = None) -> float:
        value = self._value(key, (int, float), "a number", missing is None)
        if value is None:
            return low if missing is None else missing
        return self._within(key, float(value), low, high)

    def yes_no(self, key: str, *, missing: bool | None = None) -> bool:
        value = self._value(key, bool, "true or false", missing is None)
        return bool(missing if value is None else value)

    def choice(self, key: str, options: Iterable[str], kind: str, *, required: bool = True) -> str:
        value = self._value(key, str, "text in quotes", required)
        if value is None:
            return ""
        self._one_of(key, value, options, kind)
        return value

    def choices(
        self, key: str, options: Iterable[str], kind: str, *, required: bool = True
    ) -> tuple[str, ...]:
        values = self.texts(key, required=required)
        for value in values:
            self._one_of(key, value, options, kind)
        return values

    def texts(self, key: str, *, required: bool = True, least: int = 1, most: int = 50) -> tuple[str, ...]:
        values = self._value(key, list, "a list of texts", required)
        if values is None:
            return ()
        if not all(isinstance(value, str) and value.strip() for value in values):
            self._complain(key, "must hold only texts that are not empty")
            return ()
        if not least <= len(values) <= most:
            self._complain(key, f"holds {len(values)}; between {least} and {most}")
        return tuple(value.strip() for value in values)

    def numbers(self, options: Iterable[str], kind: str, low: float, high: float) -> dict[str, float]:
        """Every key of this table as one of `options` with a number."""
        options = list(options)
        for key in self.values:
            self._one_of(key, key, options, kind)
        known = [key for key in self.values if key in options]
        self.asked.update(self.values)
        return {key: self.number(key, low, high) for key in known}

    def table(self, key: str, *, required: bool = True) -> Table:
        values = self._value(key, dict, f"a table [{dotted((*self.path, key))}]", required)
        # A missing table is one problem, not one for each key it would hold.
        problems = Problems(self.problems.file, {}) if values is None else self.problems
        return Table(values or {}, (*self.path, key), problems)

    def tables(self, key: str, *, least: int = 0) -> list[Table]:
        values = self._value(key, list, f"tables [[{key}]]", least > 0)
        if values is None:
            return []
        if not all(isinstance(value, dict) for value in values):
            self._complain(key, f"must be written as tables [[{key}]]")
            return []
        if len(values) < least:
            self._complain(key, f"has {len(values)} entries; at least {least}")
        return [Table(value, (*self.path, key, index), self.problems) for index, value in enumerate(values)]

    def named(self) -> Iterator[tuple[str, Table]]:
        """Every entry of this table as a table of its own: [topics.drinking], [topics.daughter], ..."""
        for key in self.values:
            yield key, self.table(key)

    def close(self) -> None:
        for key in self.values:
            if key not in self.asked:
                self._complain(key, f"is not a key of the format{nearest(key, sorted(self.asked))}")

    def complain(self, key: str, what: str) -> None:
        """Report something about a key that only the caller can see."""
        self._complain(key, what)

    def _one_of(self, key: str, value: str, options: Iterable[str], kind: str) -> None:
        options = list(options)
        if value not in options:
            self._complain(key, f'"{value}" is not {kind}{nearest(value, options)}')

    def _within(self, key: str, value: Any, low: Any, high: Any) -> Any:
        if not low <= value <= high:
            self._complain(key, f"is {value}; between {low} and {high}")
        return value

    def _value(self, key: str, kind: type | tuple[type, ...], shape: str, required: bool) -> Any:
        self.asked.add(key)
        if key not in self.values:
            if required:
                self._complain(key, "is missing")
            return None
        value = self.values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self._complain(key, f"must be {shape}")
            return None
        return value

    def _complain(self, key: str, what: str) -> None:
        self.problems.add((*self.path, key), what)
