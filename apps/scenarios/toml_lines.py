"""Where a key stands in a TOML text, because `tomllib` does not say.

Knows just enough TOML to follow tables, arrays of tables, strings and brackets in a text that `tomllib` has already
accepted; it never reads a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$""")
_PART = re.compile(r"""[\w-]+|"([^"]*)"|'([^']*)'""")
_TOKEN = re.compile(r"\"{3}|'{3}|\"(?:\\.|[^\"\\])*\"|'[^']*'|[\[\]{}]|#.*$")


def line_numbers(text: str) -> dict[Path, int]:
    """Path of every key and table -> line number from 1; arrays of tables count from 0: ("lines", 12, "act")."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    depth, quote = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if depth == 0 and not quote:
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                table = _table(header, counts)
                found.setdefault(table, number)
                continue
            if not key:
                continue
            found.setdefault(table + _parts(key.group(1)), number)
            line = key.group(2)
        depth, quote = _after(line, depth, quote)
    return found


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of the key, or of the nearest table around it, or 1."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _parts(dotted: str) -> Path:
    return tuple(part.group(1) or part.group(2) or part.group(0) for part in _PART.finditer(dotted))


def _table(header: re.Match[str], counts: dict[Path, int]) -> Path:
    path = _parts(header.group(2))
    resolved: Path = ()
    for part in path[:-1]:
        resolved += (part,)
        if resolved in counts:
            resolved += (counts[resolved],)
    resolved += path[-1:]
    if header.group(1) == "[[":
        counts[resolved] = counts.get(resolved, -1) + 1
        resolved += (counts[resolved],)
    return resolved


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Bracket depth and open multi-line quote once this line has been read."""
    position = 0
    while True:
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return depth, quote
            position, quote = end + len(quote), ""
        token = _TOKEN.search(line, position)
        if token is None:
            return depth, quote
        position = token.end()
        if token.group(0) in ('"""', "'''"):
            quote = token.group(0)
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(0), 0)
