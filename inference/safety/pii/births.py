"""Dates of birth: a date in any common form that words say is somebody's birth. A date alone is none."""

import re
from collections.abc import Iterator

from inference.safety.pii.spans import Span

_MONTH = (
    r"(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]vrier|mar(?:ch|s|zo)?|märz|apr(?:il)?|avril|may|mai|mayo|jun[ei]?|juin"
    r"|jul[yi]?|juillet|aug(?:ust)?|août|agosto|sept?(?:ember|embre|iembre)?|o[ck]t(?:ober|obre|ubre)?|nov(?:ember|embre|iembre)?"
    r"|de[cz](?:ember)?|d[ée]cembre|diciembre|enero|febrero|abril|junio|julio)"
)
_DATE = re.compile(
    r"(?<![\w.])(?:"
    r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}"
    r"|\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)?\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|er)?(?: of| de)? {_MONTH}\b\.?(?:,? (?:de )?(?:of )?'?(?:(?:19|20)\d\d|\d\d)(?!\d))?"
    rf"|{_MONTH}\b\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?!\d)(?:,? '?(?:19|20)\d\d)?"
    r")(?![\w/])",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"\b(?:born|d\.? ?o\.? ?b\b|date of birth|birth ?day|birth ?date|b'?day|geboren|geburtsdatum|née? le|naissance"
    r"|nac[íi]|nacid[oa]|nacimiento|nat[oa] il|nascid[oa]|geboortedatum|født|född|urodzon[ya]|syntynyt)"
    r"(?:[^.!?\n]|\.(?=[:\s])){0,40}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s,(-]{0,3}(?:\(?dob\b|d\.o\.b|is my birthday|was my birthday|my birthday)", re.IGNORECASE
)


def births(text: str) -> Iterator[Span]:
    """Every date that words before it on the line, or just after it, call a birth."""
    for match in _DATE.finditer(text):
        told = _BIRTH.search(text[max(0, match.start() - 60) : match.start()])
        if told or _AFTER.match(text, match.end(), match.end() + 24):
            yield Span("date_of_birth", *match.span(), 0.9, "is called a date of birth")
