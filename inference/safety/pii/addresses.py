"""Postal addresses by form: a number with a street's name, a box, a street's name after words that say where.

Works on tokens: a core (number and street) is found, then units before it and units, towns, states and codes after it
are taken along, over line ends too. Knows street words of some twenty languages, not whether a street exists. A town, a
country or a code alone is no address.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.pii.lists import ordinary_words, things
from inference.safety.pii.spans import Span
from inference.safety.pii.tokens import Token

_FILE = Path(__file__).parent / "addresses.toml"
_MOST_STREET_WORDS = 5
_MOST_TOWN_TOKENS = 14
_MONTHS = frozenset(
    """january february march april may june july august september october november december jan feb mar apr jun jul
    aug sep sept oct nov dec""".split()
)
_MEASURES = frozenset(
    """times days day weeks week months month years year hours hour minutes minute seconds am pm kg mg ml km miles mile
    percent people kids children men women pills tablets tabs dollars pounds euros items things points ways steps of to
    in on and or is was out more less""".split()
)
_BOX = re.compile(
    r"\b(?:\d{1,5} )?(?:p\.? ?o\.? ?box|postfach|apartado(?: de correos)?|bo[îi]te postale|b\.?p\.?|postbus|psc|unit \d{1,5},? box)"
    r"[ #]{0,2}\d{1,6}(?:,? ?box \d{1,6})?\b",
    re.IGNORECASE,
)
_MILITARY = re.compile(r"\b(?:[A-Z][A-Za-z]* ){1,3}?\n?[AFD]PO,? A[AEP],? \d{5}\b|\b[afd]po a[aep] \d{5}\b")
_UK_CODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")


@dataclass(frozen=True, slots=True)
class _Words:
    after: frozenset[str]
    common: frozenset[str]
    before: frozenset[str]
    endings: tuple[str, ...]
    unit: frozenset[str]
    cue: re.Pattern[str]
    particles: frozenset[str]


@cache
def _words() -> _Words:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    street = data["street"]
    phrases = [
        part.strip()
        for line in data["cue"]["phrases"].split("\n")
        for part in line.split("|")
        if part.strip()
    ]
    return _Words(
        after=frozenset(street["after"].split()),
        common=frozenset(street["common"].split()),
        before=frozenset(street["before"].split()),
        endings=tuple(street["endings"].split()),
        unit=frozenset(data["unit"]["words"].split()),
        cue=re.compile(
            r"(?:^|[\s(,.:!?])(?:" + "|".join(map(re.escape, phrases)) + r")[\s:]*(?:the )?$", re.IGNORECASE
        ),
        particles=frozenset(data["locality"]["particles"].split()),
    )


def addresses(text: str, parts: Sequence[Token]) -> Iterator[Span]:
    """Every address of `text`, whose tokens are `parts`."""
    starts = {token.start: at for at, token in enumerate(parts)}
    boxes = {}
    for pattern in (_BOX, _MILITARY):
        for match in pattern.finditer(text):
            at = starts.get(match.start())
            if at is not None:
                boxes[at] = match.end()
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
        return stop, 0.95, "names a post office box"
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
    here = _number_end(parts, at)
    while here < len(parts) and here - at < 6 and parts[here].kind == "number" and parts[here].gap:
        here = _number_end(parts, here)
    if here < len(parts) and parts[here].text == "," and here + 1 < len(parts) and parts[here + 1].capital:
        here += 1
    if here >= len(parts) or parts[here].kind != "word" or not parts[here].gap:
        return 0, 0.0, ""
    said = bool(_words().cue.search(text[max(0, parts[at].start - 40) : parts[at].start]))
    stop, kind = _street(parts, here)
    if kind == "":
        return 0, 0.0, ""
    if kind in ("word", "name") or said:
        return stop, 0.9 if kind != "loose" else 0.75, "a number and a street's name"
    if len(parts[at].text) >= 2 and kind == "loose":
        return stop, 0.6, "numbers around what may be a street's name"
    return 0, 0.0, ""


def _number_end(parts: Sequence[Token], at: int) -> int:
    """Past a house number with its letter or its range: 12, 221B, 5/12, 3-5."""
    here = at + 1
    if here < len(parts) and not parts[here].gap:
        if parts[here].kind == "word" and len(parts[here].text) == 1:
            here += 1
        elif parts[here].text in "/-" and here + 1 < len(parts) and parts[here + 1].kind == "number":
            here += 2
    return here


def _street(parts: Sequence[Token], at: int) -> tuple[int, str]:
    """Where a street that begins at `at` stops: its kind "word" (has a street's word), "name" (its word ends as one),
    "loose" (capitals, then a number), or "" for none."""
    words = _words()
    loose = 0
    count = 0
    here = at
    led = _leads(parts, at)
    while here < len(parts) and count < _MOST_STREET_WORDS + 1:
        token = parts[here]
        if token.kind == "mark" and token.text in "./" and not token.gap:
            here += 1
            continue
        if token.kind == "number" and count and token.gap:
            stop = _number_end(parts, here)
            stop += stop < len(parts) and parts[stop].text == "." and _short(parts, stop)
            return stop, "word" if led else ("loose" if loose else "")
        if token.kind != "word":
            break
        if count == 0 and (token.lower in _MONTHS or token.lower in _MEASURES):
            return 0, ""
        if (
            token.lower in words.after
            and (count or token.lower not in words.common)
            and _plausible(parts, at, here)
        ):
            return _after_street(parts, here + 1), "word"
        if _ends_as_street(token) and not (count == 0 and token.lower in ordinary_words()):
            return _after_street(parts, here + 1), "name"
        if (
            not token.capital
            and token.lower in ordinary_words()
            and token.lower not in words.particles
            and not led
        ):
            return 0, ""
        loose = loose or token.capital
        count += 1
        here += 1
    if led and count > 1:
        return here, "word"
    return 0, ""


def _leads(parts: Sequence[Token], at: int) -> bool:
    """Whether the word at `at` stands before streets' names ("rue", "ul.") and a name follows it."""
    token = parts[at]
    if token.lower not in _words().before:
        return False
    after = at + 1
    while after < len(parts) and parts[after].text in "./":
        after += 1
    if after >= len(parts) or parts[after].kind != "word":
        return False
    follows = parts[after]
    return follows.capital or (follows.lower not in ordinary_words() or follows.lower in _words().particles)


def _plausible(parts: Sequence[Token], first: int, last: int) -> bool:
    """Whether the words before a street's word can be its name: no sentence, and capitals where the word is common."""
    words = _words()
    if parts[last].lower in words.common and not parts[last].capital:
        return (
            all(part.lower not in ordinary_words() for part in parts[first:last] if part.kind == "word")
            and first < last
        )
    named = [part for part in parts[first:last] if part.kind == "word"]
    ordinary = [part for part in named if not part.capital and part.lower in ordinary_words()]
    return len(ordinary) <= len(named) // 2 if named else parts[last].capital


def _short(parts: Sequence[Token], dot: int) -> bool:
    """Whether a dot after a number ends an ordinal ("utca 12.") rather than the sentence: a line or a unit follows."""
    return dot + 1 < len(parts) and (parts[dot + 1].kind == "line" or parts[dot + 1].lower in _words().unit)


def _ends_as_street(token: Token) -> bool:
    return (
        len(token.lower) > 6
        and token.lower.endswith(_words().endings)
        and token.lower not in ordinary_words()
    )


def _after_street(parts: Sequence[Token], here: int) -> int:
    """Past a street's dot, compass point and number ("Hauptstraße 12", "5th St. NW")."""
    if here < len(parts) and parts[here].text == "." and not parts[here].gap and here + 1 < len(parts):
        here += (
            parts[here + 1].kind in ("number", "line")
            or parts[here + 1].lower in _words().unit
            or parts[here + 1].text == ","
        )
    if here < len(parts) and parts[here].text.lower() in ("nw", "ne", "sw", "se", "n", "s", "e", "w"):
        here += 1
    if here < len(parts) and parts[here].kind == "number" and parts[here].gap and len(parts[here].text) <= 4:
        here = _number_end(parts, here)
        here += here < len(parts) and parts[here].text == "." and _short(parts, here)
    return here


def _named(text: str, parts: Sequence[Token], at: int) -> tuple[int, float, str]:
    """A street's name first: "Hauptstraße 12", "via Garibaldi 23", and any name with a number after words that ask for it."""
    token = parts[at]
    if at and parts[at - 1].kind == "word" and parts[at - 1].capital and parts[at - 1].lower not in things():
        if not _leads(parts, at):
            return 0, 0.0, ""
    if _ends_as_street(token):
        stop = _after_street(parts, at + 1)
        if parts[stop - 1].kind == "number" or stop > at + 1 and parts[stop - 2].kind == "number":
            return stop, 0.9, "a street's name and a number"
    if _leads(parts, at):
        stop, kind = _street(parts, at)
        if kind and any(part.kind == "number" for part in parts[at:stop]):
            return stop, 0.9, "a street's name and a number"
    if not token.capital and at:
        return 0, 0.0, ""
    stop, kind = _street(parts, at)
    if kind and any(part.kind == "number" for part in parts[at:stop]):
        if kind == "word" and token.lower not in ordinary_words():
            return stop, 0.8, "a street's name and a number"
    if kind and _words().cue.search(text[max(0, token.start - 40) : token.start]):
        return stop, 0.8, "a street where words say somebody is"
    return 0, 0.0, ""


def _units_before(parts: Sequence[Token], at: int) -> int:
    """Where units written before the number begin: "Flat 3, 27 Queens Road"."""
    back = at
    if back and parts[back - 1].text == ",":
        back -= 1
    while back and parts[back - 1].kind == "line":
        back -= 1
    if back >= 2 and parts[back - 1].kind == "number" and parts[back - 2].text == ".":
        return back - 3 if back >= 3 and parts[back - 3].lower in _words().unit else at
    if back >= 2 and parts[back - 1].kind == "number" and parts[back - 2].lower in _words().unit:
        return back - 2
    return at


def _extended(text: str, parts: Sequence[Token], stop: int, *, lower: bool) -> int:
    """Past the unit, town, state, country and code that follow a core."""
    words = _words()
    best = here = stop
    towns = 0
    while here < len(parts) and here - stop < _MOST_TOWN_TOKENS + 8:
        token = parts[here]
        after = parts[here + 1] if here + 1 < len(parts) else None
        if token.kind == "line" or token.text in ",()∆" or (token.text == "-" and here > stop):
            if token.kind == "line" and after is not None and after.kind == "line":
                break
            here += 1
            best = here if token.text == ")" else best
            continue
        if token.kind == "number":
            if _too_long(parts, here):
                break
            here = best = _number_end(parts, here)
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
    if (
        at + 2 < len(parts)
        and parts[at + 1].text in ".-/"
        and not parts[at + 1].gap
        and parts[at + 2].kind == "number"
    ):
        return (
            len(parts[at + 2].text) < 5
            and len(parts[at].text) < 5
            or at + 4 < len(parts)
            and parts[at + 4].kind == "number"
        )
    return False


def _is_label(parts: Sequence[Token], at: int) -> bool:
    """ "Mobile:" and the like begin something else."""
    return at + 1 < len(parts) and parts[at + 1].text == ":"


def _unit_end(parts: Sequence[Token], at: int) -> int:
    here = at + 1
    while here < len(parts) and parts[here].text in ".#" and here - at < 3:
        here += 1
    if here < len(parts) and (
        parts[here].kind == "number" or len(parts[here].text) == 1 and parts[here].kind == "word"
    ):
        here = _number_end(parts, here)
    return here


def _starts_sentence(parts: Sequence[Token], at: int) -> bool:
    return at > 0 and (parts[at - 1].text in ".!?" or parts[at - 1].kind == "line")


def _abbreviated(parts: Sequence[Token], dot: int) -> bool:
    """A dot after a short capital word with a capital after it is an abbreviation ("St. Gallen")."""
    return len(parts[dot - 1].text) <= 2 and dot + 1 < len(parts) and parts[dot + 1].capital
