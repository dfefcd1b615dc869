"""Reading JSON that somebody else wrote: every field's type and size is checked before anything uses it.

Knows no message of ours (`contracts` does). Every failure is a ContractError naming the field, never what
was in it.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from inference.errors import ContractError

T = TypeVar("T")
Json = Any
"""Anything json.loads can give; this module is where it stops being unknown."""

MAX_DEPTH = 12
"""Our deepest message nests five levels; a hostile one is refused long before Python's recursion limit."""


def loads(raw: bytes | str, *, max_bytes: int, what: str) -> dict[str, Json]:
    """One JSON object; NaN, infinities, bad UTF-8, lone surrogates, too long, too deep are refused."""
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    if len(data) > max_bytes:
        raise ContractError(f"{what} is longer than {max_bytes} bytes")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{what} is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise ContractError(f"{what} is not a JSON object")
    _check(value, MAX_DEPTH, what)
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _check(value: Json, depth: int, what: str) -> None:
    if depth == 0:
        raise ContractError(f"{what} nests too deeply")
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise ContractError(f"{what} holds a lone surrogate")
    if isinstance(value, float) and not math.isfinite(value):
        raise ContractError(f"{what} holds a number that is not finite")
    children: Sequence[Json] = ()
    if isinstance(value, dict):
        children = (*value.keys(), *value.values())
    elif isinstance(value, list):
        children = value
    for child in children:
        _check(child, depth - 1, what)


def plain(value: object) -> Json:
    """A frozen message as json.dumps takes it: dataclasses and mappings as dicts, tuples as lists."""
    if is_dataclass(value):
        return {entry.name: plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(entry) for entry in value]
    return value


def dumps(value: Json) -> bytes:
    """One line of JSON in UTF-8; a number that is not finite is a ValueError."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def mapping(value: Json, field: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise ContractError("an object is wanted", field=field)
    return value


def only(value: Mapping[str, Json], known: frozenset[str], field: str) -> None:
    """An unknown key is refused, so that a misspelt limit is never silently ignored."""
    unknown = sum(1 for key in value if key not in known)
    if unknown:
        raise ContractError(f"{unknown} unknown key(s); known are {', '.join(sorted(known))}", field=field)


def text(value: Json, field: str, *, longest: int, empty: bool = False) -> str:
    if not isinstance(value, str):
        raise ContractError("a string is wanted", field=field)
    if len(value) > longest:
        raise ContractError(f"longer than {longest} characters", field=field)
    if "\x00" in value:
        raise ContractError("holds a NUL character", field=field)
    if not empty and not value.strip():
        raise ContractError("is empty", field=field)
    return value


def one_of(value: Json, field: str, choices: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise ContractError(f"one of {', '.join(choices)} is wanted", field=field)
    return value


def whole(value: Json, field: str, *, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ContractError(f"a whole number from {low} to {high} is wanted", field=field)
    return value


def number(value: Json, field: str, *, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ContractError(f"a number from {low} to {high} is wanted", field=field)
    return float(value)


def flag(value: Json, field: str) -> bool:
    if not isinstance(value, bool):
        raise ContractError("true or false is wanted", field=field)
    return value


def many(
    value: Json, field: str, each: Callable[[Json, str], T], *, most: int, least: int = 0
) -> tuple[T, ...]:
    if not isinstance(value, list | tuple):
        raise ContractError("a list is wanted", field=field)
    if not least <= len(value) <= most:
        raise ContractError(f"{least} to {most} entries are wanted", field=field)
    return tuple(each(entry, f"{field}[{index}]") for index, entry in enumerate(value))
