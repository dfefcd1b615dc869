"""Reads a body as strict JSON: UTF-8, finite numbers, no key twice, not deep, not large. Knows no endpoint.

What is refused here never reaches a schema; a message never repeats what was sent.
"""

import json
import math
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.parser import Parser

from apps.api.errors import BadRequestError, TooLargeError

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_NUMBER_DIGITS = 64


class StrictParser(Parser):
    """Ninja's way in: whatever it raises is answered by `service.answer_http_error`."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            return read_body(request.body)
        except RequestDataTooBig:
            raise TooLargeError from None


def read_body(raw: bytes) -> dict[str, Any]:
    """One JSON object.

    Raises:
        TooLargeError, BadRequestError: bad_json, duplicate_key, too_deep, not_finite, bad_text, not_an_object.
    """
    if len(raw) > MAX_BODY_BYTES:
        raise TooLargeError
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_not_finite,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        raise BadRequestError from None
    if not isinstance(value, dict):
        raise BadRequestError("not_an_object", "The body is JSON, and not an object.")
    _check(value, MAX_DEPTH)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRequestError("duplicate_key", "An object names one of its keys twice.")
    return found


def _not_finite(name: str) -> float:
    raise BadRequestError("not_finite", "A number is not finite. JSON knows no NaN or Infinity.")


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _not_finite(text)


def _whole(text: str) -> int:
    if len(text) > MAX_NUMBER_DIGITS:
        raise BadRequestError("bad_number", "A number has too many digits.")
    return int(text)


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise BadRequestError("too_deep", "The body nests too deeply.")
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
            raise BadRequestError("bad_text", "A text holds a NUL or half a character.")
        return
    children = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    if isinstance(children, list):
        for child in children:
            _check(child, depth - 1)
