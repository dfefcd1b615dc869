"""Personal data that has a form of its own: e-mail and IP addresses, links, card and social security numbers.

Every pattern is bounded, so that the time is linear in the text. Words around a number are read only for numbers whose
form alone says too little.
"""

import ipaddress
import re
from collections.abc import Iterator

from inference.safety.pii.checksums import issued_card, luhn, possible_ssn
from inference.safety.pii.lists import ordinary_words
from inference.safety.pii.spans import Span

CONTEXT_CHARACTERS = 60
"""How far back a word that explains a number may stand."""

_HOST = re.compile(r"@(?:[^\W_](?:[\w-]{0,62}\.)){1,6}[^\W\d_]{2,24}(?![\w@])")
_LOCAL = frozenset(".!#$%&'*+/=?^_`{|}~-")
_LINK = re.compile(r"\b(?:https?|ftp)://[^\s<>\"“”]{3,2000}|\bwww\.[^\s<>\"“”]{3,2000}", re.IGNORECASE)
_PLAIN_ENDINGS = (
    "com|org|net|edu|gov|info|biz|app|dev|blog|shop|online|site|xyz|uk|de|fr|nl|pl|cz|ch|se|dk|fi|eu|ru|jp|cn|br|au|nz"
    "|ca|es|pt|hu|sk|si|gr|ie|co|io|tv|club|social|live|page"
)
_BARE = re.compile(
    r"(?<![\w@.\-/])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,4}(?:[a-z]{2,12})(?![\w@-])(?:/[^\s<>\"“”]{0,500})?",
    re.IGNORECASE,
)
_ENDING = re.compile(rf"(?:{_PLAIN_ENDINGS})$")
_TRAILING = ".,;:!?)]}'\"…*"
_FOUR = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_SIX = re.compile(
    r"(?<![\w:.])(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:]{4,39}(?:\.\d{1,3}){0,3}(?![\w:])", re.IGNORECASE
)
_CARD = re.compile(r"(?<![\w.+\-])\d(?:[ \-]?\d){11,18}(?![\w]|[.\-]\d)")
_CARD_CONTEXT = re.compile(
    r"\b(?:card|credit|debit|visa|master ?card|maestro|amex|american express|discover|carte|karte|tarjeta)",
    re.IGNORECASE,
)
_SSN = re.compile(r"(?<![\w\-.])(\d{3})([ -]?)(\d{2})\2(\d{4})(?![\w]|[.\-]\d)")
_SSN_CONTEXT = re.compile(r"\b(?:ssns?|social|soc sec|social security)\b", re.IGNORECASE)
_VERSION = re.compile(r"\b(?:v|version|release|build)\.? ?$", re.IGNORECASE)


def before(text: str, at: int, length: int = CONTEXT_CHARACTERS) -> str:
    return text[max(0, at - length) : at]


def patterned(text: str) -> Iterator[Span]:
    """Every span of the kinds email, url, ip, credit_card and ssn; kinds may overlap each other."""
    if "@" in text:
        yield from _emails(text)
    if "." in text or ":" in text:
        yield from _links(text)
        yield from _addresses(text)
    yield from _cards(text)
    yield from _ssns(text)


def _emails(text: str) -> Iterator[Span]:
    for match in _HOST.finditer(text):
        start = match.start()
        while (
            start and match.start() - start < 64 and (text[start - 1].isalnum() or text[start - 1] in _LOCAL)
        ):
            start -= 1
        while start < match.start() and not (text[start].isalnum() or text[start] == "_"):
            start += 1
        if start < match.start():
            yield Span("email", start, match.end(), 0.99, "has the form of an e-mail address")


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        yield Span("url", match.start(), _cut(text, match.start(), match.end()), 0.99, "is a link")
    for match in _BARE.finditer(text):
        host, _, path = match.group().partition("/")
        if _named_host(host, bool(path)):
            yield Span("url", match.start(), _cut(text, match.start(), match.end()), 0.8, "names a site")


def _named_host(host: str, path: bool) -> bool:
    """A name and an ending that sites have; "ok.so" and "stopped.Then" are sentences without a space."""
    labels = host.split(".")
    if len(labels) == 2 and not path and labels[0].lower() in ordinary_words() and labels[1] != "com":
        return False
    return (
        any(letter.isalpha() for letter in labels[-2]) and _ENDING.fullmatch(labels[-1].lower()) is not None
    )


def _cut(text: str, start: int, end: int) -> int:
    """Where a link ends: marks that close the sentence are not its own, a bracket that it opened is."""
    while end > start and text[end - 1] in _TRAILING:
        if text[end - 1] == ")" and "(" in text[start:end]:
            break
        end -= 1
    return end


def _addresses(text: str) -> Iterator[Span]:
    for pattern in (_FOUR, _SIX):
        for match in pattern.finditer(text):
            found = match.group().rstrip(":") if not match.group().endswith("::") else match.group()
            if _is_address(found) and not _VERSION.search(before(text, match.start(), 12)):
                yield Span("ip", match.start(), match.start() + len(found), 0.97, "is an IP address")


def _is_address(found: str) -> bool:
    if len(found) < 4:
        return False
    try:
        ipaddress.ip_address(found)
    except ValueError:
        return False
    return True


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = "".join(letter for letter in match.group() if letter.isdigit())
        if not luhn(digits):
            continue
        if issued_card(digits):
            yield Span("credit_card", *match.span(), 0.95, "passes the check of card numbers")
        elif _CARD_CONTEXT.search(before(text, match.start())):
            yield Span("credit_card", *match.span(), 0.8, "follows the word card and passes the check")


def _ssns(text: str) -> Iterator[Span]:
    for match in _SSN.finditer(text):
        if _SSN_CONTEXT.search(before(text, match.start())):
            yield Span("ssn", *match.span(), 0.97, "follows the words social security")
        elif match[2] == "-" and possible_ssn(match[1], match[3], match[4]):
            yield Span("ssn", *match.span(), 0.8, "has the form of a US social security number")
