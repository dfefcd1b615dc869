"""Personal data in a message, as findings. What is found, and how surely, is `inference.safety.pii`'s matter."""

from inference.contracts import Finding
from inference.safety.detectors.given import Detected, Given
from inference.safety.pii.find import find_pii

NAME = "pii"
VERSION = "pii 1"
_SAID = {
    "email": "an e-mail address",
    "url": "a link",
    "ip": "an IP address",
    "credit_card": "a card number",
    "ssn": "a social security number",
    "date_of_birth": "a date of birth",
    "phone": "a telephone number",
    "address": "a postal address",
    "name": "a name",
}


def detect(given: Given) -> Detected:
    """One finding `pii.<kind>` for every span, in the order of the text; `score` is the rule's or the tagger's."""
    return Detected(
        findings=tuple(
            Finding(
                kind=f"pii.{span.kind}",
                score=span.score,
                why=f"{_SAID[span.kind]}: {span.why}",
                start=span.start,
                end=span.end,
                detector=NAME,
                version=VERSION,
            )
            for span in find_pii(given.text, given.tags)
        )
    )
