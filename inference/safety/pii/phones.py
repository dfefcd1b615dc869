"""Telephone numbers of the world: what `phonenumbers` knows to be one, what has a usual form, what words call one.

Numbers that everybody may call (crisis lines, emergency numbers) are nobody's and stay.
"""

import re
from collections.abc import Iterator

import phonenumbers

from inference.safety.pii.lists import words
from inference.safety.pii.patterns import before
from inference.safety.pii.spans import Span

REGIONS = ("US", "GB", "DE", "FR", "AU", "NL", "PL", "ES", "IT", "SE", "IN", "BR", "ZA", "IE", "NZ")
"""Where a number without a country is tried; more would cost time and let more numbers pass that are none."""

_NUMBER = re.compile(
    r"(?<![\w./+\-])(?<!\d,)(?:\+|\()?\d(?:[ \t\u00a0().\-/\u2011]{0,3}\d){5,15}(?:[ ]?(?:x|ext\.?|#)[ ]?\d{1,5})?"
    r"(?![\w%]|[.,:]\d)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d$|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}$|(?:19|20)\d\d ?- ?(?:19|20)\d\d$"
)
_SAID = re.compile(
    r"\b(?:phones?|tel|telephone|telefon|tel[ée]fono|t[ée]l[ée]phone|mobile|mob|cell|cellphone|handy|portable|celular|fax|office"
    r"|desk|landline|pager|whatsapp|signal|telegram|viber|sms|text(?:ed|ing)?|call(?:ed|ing|s)?|ring|rang|dial(?:led|ed)?|reach"
    r"|contact|number'?s?|messages? to|hotline|numer|nummer|num[ée]ro|n[úu]mero|komórka|registered)\b[^\d]{0,40}$",
    re.IGNORECASE,
)
_LABEL_AFTER = re.compile(
    r"[\s\-,(]{0,3}(?:office|fax|mobile|cell|home|desk|work|is (?:my|his|her|their) (?:cell|phone|number))\b",
    re.I,
)
_OTHER = re.compile(
    r"\b(?:account|acct|iban|licen[cs]e|passport|order|ticket|invoice|case|reference|ref|card|policy|page|serial|zip|postcode|room"
    r"|id|pin|isbn|social|ssn)\b[^\d]{0,25}$",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"(?:\+?1[ .\-]?)?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]\d{4}(?:[ ]?(?:x|ext\.?|#)[ ]?\d{1,5})?$"  # North America
    r"|\(?0[1-9]\d{0,4}\)?(?:[ .\-/]\d{2,8}){1,5}$"  # a trunk zero and groups
    r"|(?:\d{2}[ .\-]){3,4}\d{2}$"  # pairs
    r"|\(\d{1,4}\) ?\d{3,4}[ .\-]?\d{3,5}$",
    re.IGNORECASE,
)


def phones(text: str) -> Iterator[Span]:
    """Every telephone number, an extension with it."""
    for match in _NUMBER.finditer(text):
        number = match.group()
        digits = "".join(
            letter for letter in re.split("[xe#]", number, maxsplit=1, flags=re.I)[0] if letter.isdigit()
        )
        if digits in words("public_numbers") or not 6 <= len(digits) <= 15 or _DATE.match(number):
            continue
        score, why = _judged(text, match.start(), match.end(), number, digits)
        if score:
            start = match.start() + (number.startswith("(") and ")" not in number)
            yield Span("phone", start, match.end(), score, why)


def _judged(text: str, start: int, end: int, number: str, digits: str) -> tuple[float, str]:
    if (
        number.startswith("+")
        and len(digits) >= 8
        or number.startswith("00")
        and number[2] != "0"
        and len(digits) > 10
    ):
        return 0.95, "is written with a country's code"
    around = before(text, start)
    if _OTHER.search(around):
        return 0.0, ""
    if len(digits) >= 7 or "-" in number or " " in number:
        said = _SAID.search(around) or _LABEL_AFTER.match(text, end, end + 24)
        if said:
            return 0.9, "is called a telephone number"
    if _SHAPE.match(number) and len(digits) >= 8 and _known(number):
        return 0.75, "has the form of a telephone number"
    return 0.0, ""


def _known_in(number: str, region: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _known(number: str) -> bool:
    """Whether a country of REGIONS has numbers like this one."""
    return any(_known_in(number, region) for region in REGIONS)
