"""Postal addresses by form: a number with a street's name, a box, a street's name after words that say where.

Works on tokens: a core (number and street) is found, then units before it and units, towns, states and codes after it
are taken along, over line ends too. Knows street words of some twenty languages, not whether a street exists. A town, a
country or a code alone is no address.
"""

import re
from collections.abc import Iterator, Sequence

from inference.safety.pii.lists import ordinary_words, things
from inference.safety.pii.spans import Span
from inference.safety.pii.streets import (
    after_street,
    ends_as_street,
    leads,
    number_end,
    ordinal,
    street,
    street_words,
)
from inference.safety.pii.tokens import Token

_MOST_TOWN_TOKENS = 14
_BOX = re.compile(
    r"\b(?:\d{1,5} )?(?:p\.? ?o\.? ?box|postfach|apartado(?: de correos)?"
    r"|bo[îi]te postale|postbus|psc|unit \d{1,5},? box)"
    r"[ #]{0,2}\d{1,6}(?:,? ?box \d{1,6})?\b",
    re.IGNORECASE,
)
_MILITARY = re.compile(
    r"\b(?:us[a-z]{1,4}|cmr|psc|unit) [^\n]{1,30}[\n ]{1,2}[afd]po,? a[aep],? \d{5}\b", re.IGNORECASE
)
_CORNER = re.compile(
    r"\b(?:the )?corner of [^\n,;!?]{2,40}? and "
    r"(?:[^\W\d_]+\.? ){0,2}(?:\d+ )?(?:[^\W\d_]+)(?: \d+| (?-i:[A-Z])[^\W\d_]+)?",
    re.IGNORECASE,
)


def addresses(text: str, parts: Sequence[Token]) -> Iterator[Span]:
    """Every address of `text`, whose tokens are `parts`."""
    starts = {token.start: at for at, token in enumerate(parts)}
    boxes = {}
    for pattern in (_BOX, _MILITARY, _CORNER):
        for match in pattern.finditer(text):
            at = starts.get(match.start())
            if at is not None:
                boxes[at] = max(match.end(), boxes.get(at, 0))
    lower = not any(letter.isupper() for letter in text)
    at = 0
    while at < len(parts):
        stop, score, why = _core(text, parts, at, boxes)
        if not stop:
            at += 1
            continue
        first = _units_before(parts, at)
        stop = _extended(text, parts, stop, lower=lower)
        yield Span("address", parts[first].start, parts[stop - 1].end, score, why)
        at = stop


def _core(text: str, parts: Sequence[Token], at: int, boxes: dict[int, int]) -> tuple[int, float, str]:
    """Where a core that begins at token `at` stops (0: none does), how sure, and why."""
    if at in boxes:
        stop = at
        while stop < len(parts) and parts[stop].start < boxes[at]:
            stop += 1
        return stop, 0.95, "names a post office box or a corner"
    token = parts[at]
    if token.kind == "number":
        return _numbered(text, parts, at)
    if token.kind == "word":
        return _named(text, parts, at)
    return 0, 0.0, ""


def _numbered(text: str, parts: Sequence[Token], at: int) -> tuple[int, float, str]:
    """A house number, perhaps two of them, then a street."""
    if at and (parts[at - 1].text in ".,:/$£€#+-" and not parts[at].gap or parts[at - 1].text in "$£€"):
        return 0, 0.0, ""
    here = number_end(parts, at)
    while here < len(parts) and here - at < 6 and parts[here].kind == "number" and parts[here].gap:
        if ordinal(parts, here):
            break
        here = number_end(parts, here)
    if here < len(parts) and parts[here].text == "," and here + 1 < len(parts) and parts[here + 1].capital:
        here += 1
    if here >= len(parts) or not parts[here].gap or parts[here].kind != "word" and not ordinal(parts, here):
        return 0, 0.0, ""
    said = bool(street_words().cue.search(text[max(0, parts[at].start - 40) : parts[at].start]))
    stop, kind = street(parts, here)
    if kind == "":
        return 0, 0.0, ""
    if kind in ("word", "name") or said:
        return stop, 0.9 if kind != "loose" else 0.75, "a number and a street's name"
    if len(parts[at].text) >= 2 and kind == "loose":
        return stop, 0.6, "numbers around what may be a street's name"
    return 0, 0.0, ""


def _named(text: str, parts: Sequence[Token], at: int) -> tuple[int, float, str]:
    """A street's name first: "Hauptstraße 12", "via Garibaldi 23", or any name and number where words ask for one."""
    token = parts[at]
    inside = at > 0 and parts[at - 1].capital and parts[at - 1].lower not in things()
    if inside and not leads(parts, at):
        return 0, 0.0, ""
    if ends_as_street(token):
        stop = after_street(parts, at + 1)
        if parts[stop - 1].kind == "number" or stop > at + 1 and parts[stop - 2].kind == "number":
            return stop, 0.9, "a street's name and a number"
    if leads(parts, at):
        stop, kind = street(parts, at)
        if kind and any(part.kind == "number" for part in parts[at:stop]):
            return stop, 0.9, "a street's name and a number"
    if not token.capital and at:
        return 0, 0.0, ""
    stop, kind = street(parts, at)
    numbered = any(part.kind == "number" for part in parts[at:stop])
    if kind and numbered and _code_follows(parts, stop):
        return stop, 0.85, "a name and a number before a postal code and a town"
    if kind == "word" and numbered and token.lower not in ordinary_words():
        return stop, 0.8, "a street's name and a number"
    if kind and street_words().cue.search(text[max(0, token.start - 40) : token.start]):
        return stop, 0.8, "a street where words say somebody is"
    if (
        kind == "word"
        and token.capital
        and parts[stop - 1].capital
        and parts[at - 1].lower in ("on", "off", "from", "at")
    ):
        return stop, 0.6, "a street's name"
    return 0, 0.0, ""


def _code_follows(parts: Sequence[Token], at: int) -> bool:
    """Whether a comma or a line's end, a code of three to six digits and a capital come next."""
    if at + 2 >= len(parts) or parts[at].text != "," and parts[at].kind != "line":
        return False
    code, town = parts[at + 1], parts[at + 2]
    return code.kind == "number" and 3 <= len(code.text) <= 6 and town.capital and town.gap


def _units_before(parts: Sequence[Token], at: int) -> int:
    """Where units written before the number begin: "Flat 3, 27 Queens Road"."""
    if at and parts[at - 1].lower in street_words().unit:
        return at - 1
    if at > 1 and parts[at - 1].text == "." and parts[at - 2].lower in street_words().unit:
        return at - 2
    back = at
    if back and parts[back - 1].text == ",":
        back -= 1
    while back and parts[back - 1].kind == "line":
        back -= 1
    if back >= 2 and parts[back - 1].kind == "number" and parts[back - 2].text == ".":
        return back - 3 if back >= 3 and parts[back - 3].lower in street_words().unit else at
    if back >= 2 and parts[back - 1].kind == "number" and parts[back - 2].lower in street_words().unit:
        return back - 2
    return at


def _extended(text: str, parts: Sequence[Token], stop: int, *, lower: bool) -> int:
    """Past the unit, town, state, country and code that follow a core."""
    words = street_words()
    best = here = stop
    towns = 0
    while here < len(parts) and here - stop < _MOST_TOWN_TOKENS + 8:
        token = parts[here]
        after = parts[here + 1] if here + 1 < len(parts) else None
        if token.kind == "line" or token.text in ",()∆/" or (token.text == "-" and here > stop):
            if token.kind == "line" and after is not None and after.kind == "line":
                break
            here += 1
            best = here if token.text == ")" else best
            continue
        if token.kind == "number":
            if _too_long(parts, here):
                break
            here = best = number_end(parts, here)
            continue
        if token.kind != "word" or _is_label(parts, here):
            break
        if token.lower in words.unit and after is not None:
            here = _unit_end(parts, here)
            best = here
            continue
        town = token.capital or (lower and towns < 3) or token.lower == "nan"
        if not town and not (
            token.lower in words.particles and after is not None and after.capital and towns
        ):
            break
        if (
            token.capital
            and _starts_sentence(parts, here)
            and token.lower in ordinary_words()
            and token.lower not in things()
        ):
            break
        towns += 1
        here += 1
        best = here if town else best
        if here < len(parts) and parts[here].text == "." and not _abbreviated(parts, here):
            break
        here += here < len(parts) and parts[here].text == "."
    return best


def _too_long(parts: Sequence[Token], at: int) -> bool:
    """Whether the digits at `at` are rather a telephone number: too many, or groups of them with marks between."""
    if len(parts[at].text) > 6:
        return True
    marked = at + 2 < len(parts) and parts[at + 1].text in ".-/" and not parts[at + 1].gap
    if not marked or parts[at + 2].kind != "number":
        return False
    return at + 4 < len(parts) and parts[at + 3].text in ".-/" and parts[at + 4].kind == "number"


def _is_label(parts: Sequence[Token], at: int) -> bool:
    """Whether a colon follows: "Mobile:" and the like begin something else."""
    return at + 1 < len(parts) and parts[at + 1].text == ":"


def _unit_end(parts: Sequence[Token], at: int) -> int:
    here = at + 1
    while here < len(parts) and parts[here].text in ".#" and here - at < 3:
        here += 1
    if here < len(parts) and (
        parts[here].kind == "number" or len(parts[here].text) == 1 and parts[here].kind == "word"
    ):
        here = number_end(parts, here)
    return here


def _starts_sentence(parts: Sequence[Token], at: int) -> bool:
    return at > 0 and (parts[at - 1].text in ".!?" or parts[at - 1].kind == "line")


def _abbreviated(parts: Sequence[Token], dot: int) -> bool:
    """A dot after a short capital word with a capital after it is an abbreviation ("St. Gallen")."""
    return len(parts[dot - 1].text) <= 2 and dot + 1 < len(parts) and parts[dot + 1].capital
