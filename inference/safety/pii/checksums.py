"""Arithmetic that numbers of a kind must pass: payment cards (Luhn, issuer's first digits) and US social security.

Passing says that a number could be one, never that it was given out.
"""

import re

_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$"  # Visa
    r"|(?:5[1-5]|2[2-7])\d{14}$"  # Mastercard
    r"|3[47]\d{13}$"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11,16}$"  # Diners
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}$"  # Discover
    r"|35\d{14,17}$|(?:2131|1800)\d{11}$"  # JCB, its old numbers too
    r"|(?:5[06-9]|6\d)\d{10,17}$"  # Maestro, UnionPay
)
"""First digits and lengths of ISO/IEC 7812 issuer ranges in use, as the schemes publish them."""


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def issued_card(digits: str) -> bool:
    """Whether a card scheme has numbers of this length that begin so."""
    return _ISSUERS.match(digits) is not None


def possible_ssn(area: str, group: str, serial: str) -> bool:
    """Whether the Social Security Administration could have given it out: no 000, 666 or 9xx area, no zero part."""
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
