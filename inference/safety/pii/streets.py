"""Where a street's name and its number stop, in tokens. Knows street words of some twenty languages (`addresses.toml`),
not whether a street exists."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.pii.lists import ordinary_words
from inference.safety.pii.tokens import Token

_FILE = Path(__file__).parent / "addresses.toml"
_MOST_STREET_WORDS = 5


@dataclass(frozen=True, slots=True)
class StreetWords:
    after: frozenset[str]
    common: frozenset[str]
    before: frozenset[str]
    endings: tuple[str, ...]
    unit: frozenset[str]
    cue: re.Pattern[str]
    particles: frozenset[str]
    no_street: frozenset[str]


@cache
def street_words() -> StreetWords:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    street = data["street"]
    phrases = [
        part.strip()
        for line in data["cue"]["phrases"].split("\n")
        for part in line.split("|")
        if part.strip()
    ]
    return StreetWords(
        after=frozenset(street["after"].split()),
        common=frozenset(street["common"].split()),
        before=frozenset(street["before"].split()),
        endings=tuple(street["endings"].split()),
        unit=frozenset(data["unit"]["words"].split()),
        cue=re.compile(
            r"(?:^|[\s(,.:!?])(?:" + "|".join(map(re.escape, phrases)) + r")[\s:]*(?:the )?$", re.IGNORECASE
        ),
        particles=frozenset(data["locality"]["particles"].split()),
        no_street=frozenset(data["street"]["never"].split()),
    )


def ordinal(parts: Sequence[Token], at: int) -> bool:
    """Whether a street's name may begin here: "5th", "42nd"."""
    after = parts[at + 1] if at + 1 < len(parts) else None
    return (
        parts[at].kind == "number"
        and after is not None
        and not after.gap
        and after.lower in ("st", "nd", "rd", "th")
    )


def number_end(parts: Sequence[Token], at: int) -> int:
    """Past a house number with its letter or its range: 12, 221B, 5/12, 3-5."""
    here = at + 1
    if here < len(parts) and not parts[here].gap:
        if parts[here].kind == "word" and len(parts[here].text) == 1:
            here += 1
        elif parts[here].text in "/-" and here + 1 < len(parts) and parts[here + 1].kind == "number":
            here += 2
    return here


def street(parts: Sequence[Token], at: int) -> tuple[int, str]:
    """Where a street that begins at `at` stops: its kind "word" (has a street's word), "name" (its word ends as one),
    "loose" (capitals, then a number), or "" for none."""
    words = street_words()
    loose = 0
    count = 0
    here = at
    led = leads(parts, at)
    while here < len(parts) and count < _MOST_STREET_WORDS + 1:
        token = parts[here]
        if token.kind == "mark" and token.text in "./" and not token.gap:
            here += 1
            continue
        if ordinal(parts, here):
            here, count, loose = here + 2, count + 1, 1
            continue
        if token.kind == "number" and count and token.gap:
            stop = number_end(parts, here)
            stop += stop < len(parts) and parts[stop].text == "." and short(parts, stop)
            return stop, "word" if led else ("loose" if loose else "")
        if token.kind != "word":
            break
        if count and token.lower in words.unit:
            break
        if count == 0 and token.lower in words.no_street:
            return 0, ""
        if (
            token.lower in words.after
            and not (led and count == 0)
            and (count or token.lower not in words.common)
            and _plausible(parts, at, here)
        ):
            return after_street(parts, here + 1), "word"
        if ends_as_street(token) and not (count == 0 and token.lower in ordinary_words()):
            return after_street(parts, here + 1), "name"
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


def leads(parts: Sequence[Token], at: int) -> bool:
    """Whether the word at `at` stands before streets' names ("rue", "ul.") and a name follows it."""
    token = parts[at]
    if token.lower not in street_words().before:
        return False
    after = at + 1
    while after < len(parts) and parts[after].text in "./":
        after += 1
    if after >= len(parts) or parts[after].kind != "word":
        return False
    follows = parts[after]
    return follows.capital or (
        follows.lower not in ordinary_words() or follows.lower in street_words().particles
    )


def _plausible(parts: Sequence[Token], first: int, last: int) -> bool:
    """Whether the words before a street's word can be its name: no sentence, and capitals where the word is common."""
    words = street_words()
    if parts[last].lower in words.common and not parts[last].capital:
        return (
            all(part.lower not in ordinary_words() for part in parts[first:last] if part.kind == "word")
            and first < last
        )
    named = [part for part in parts[first:last] if part.kind == "word" and part.gap]
    ordinary = [part for part in named if not part.capital and part.lower in ordinary_words()]
    return len(ordinary) <= len(named) // 2 if named else parts[last].capital


def short(parts: Sequence[Token], dot: int) -> bool:
    """Whether a dot after a number ends an ordinal ("utca 12.") rather than the sentence: a line or a unit follows."""
    return dot + 1 < len(parts) and (
        parts[dot + 1].kind == "line" or parts[dot + 1].lower in street_words().unit
    )


def ends_as_street(token: Token) -> bool:
    return (
        len(token.lower) > 6
        and token.lower.endswith(street_words().endings)
        and token.lower not in ordinary_words()
    )


def after_street(parts: Sequence[Token], here: int) -> int:
    """Past a street's dot, compass point and number ("Hauptstraße 12", "5th St. NW")."""
    if here < len(parts) and parts[here].text == "." and not parts[here].gap and here + 1 < len(parts):
        here += (
            parts[here + 1].kind in ("number", "line")
            or parts[here + 1].lower in street_words().unit
            or parts[here + 1].text == ","
        )
    if here < len(parts) and parts[here].text.lower() in ("nw", "ne", "sw", "se", "n", "s", "e", "w"):
        here += 1
    if here < len(parts) and parts[here].kind == "number" and parts[here].gap and len(parts[here].text) <= 4:
        here = number_end(parts, here)
        here += here < len(parts) and parts[here].text == "." and short(parts, here)
    return here
