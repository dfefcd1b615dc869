"""Help lines by country, from a dated data file. Pure: needs no database, and takes the day as an argument.

Every entry carries when it was last checked and by whom; an old or unconfirmed number is still shown, beside the
general directory, and operators are told.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "helplines.toml"
COUNTRY_NAMES = {
    "GB": "United Kingdom",
    "IE": "Ireland",
    "US": "United States",
    "CA": "Canada",
    "AU": "Australia",
    "NZ": "Aotearoa New Zealand",
    "FR": "France",
    "NL": "Netherlands",
    "DE": "Germany",
}


@dataclass(frozen=True)
class HelpLine:
    """One line. `channel` is call, text, or both; `number` as people write it; `keyword`: what to
    write in a text, where it must be a certain word."""

    country: str
    name: str
    number: str
    channel: str
    hours: str
    language: str
    age: str
    note: str
    source: str
    last_checked: date
    confirmed_by: str
    keyword: str = ""

    @property
    def href(self) -> str:
        """What a phone does with the number; a texted word cannot be put into a link, so text lines open a message."""
        digits = re.sub(r"[^\d+]", "", self.number)
        return f"sms:{digits}" if self.channel == "text" else f"tel:{digits}"


@dataclass(frozen=True)
class Country:
    code: str
    name: str
    emergency: str
    lines: tuple[HelpLine, ...]


@cache
def _document() -> Mapping[str, object]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def help_lines() -> tuple[HelpLine, ...]:
    return tuple(HelpLine(**entry) for entry in _document()["lines"])


def resources_for(country: str) -> Country:
    """A country's emergency number and lines; one that is not in the file has none and gets the directory alone."""
    lines = tuple(line for line in help_lines() if line.country == country)
    return Country(
        country, COUNTRY_NAMES.get(country, country), _document()["emergency"].get(country, ""), lines
    )


def countries(first: str = "") -> tuple[Country, ...]:
    """Every country of the file in its order, `first` before the others."""
    codes = dict.fromkeys(line.country for line in help_lines())
    ordered = sorted(codes, key=lambda code: code != first)
    return tuple(resources_for(code) for code in ordered)


def directory() -> Mapping[str, str]:
    """The general directory, for everywhere else: name, href, note."""
    return _document()["directory"]


def stale(on: date) -> tuple[HelpLine, ...]:
    """Lines that were last checked too long before this day."""
    limit = timedelta(days=_document()["stale_after_days"])
    return tuple(line for line in help_lines() if on - line.last_checked > limit)


def unconfirmed() -> tuple[HelpLine, ...]:
    """Lines that no named person has confirmed."""
    return tuple(line for line in help_lines() if not line.confirmed_by)
