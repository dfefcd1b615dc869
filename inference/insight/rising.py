"""Statements said with a rising voice: "So you'd like to give up those cigarettes?" is written as a question and is a
reflection, as the coding manual has it. Knows the form of a sentence, not what it means.
"""

import re

LEAST_WORDS = 4
_ASKED = re.compile(r"[^.?!]*\?")
_AUXILIARY = (
    r"(?:do|does|did|don't|doesn't|didn't|are|is|was|were|aren't|isn't|wasn't|weren't|have|has|had|haven't|hasn't|can|"
    r"could|would|will|won't|wouldn't|couldn't|should|may|might|am)"
)
_SUBJECT = (
    r"(?:you|i|we|he|she|they|it|that|there|this|those|these|your|the|any|anyone|anybody"  # fmt: skip
    r"|anything|his|her|their|my)"
)
_ASKS = re.compile(
    r"\b(?:what|how|why|when|where|who|which|what's|how's|where's|who's|how'd|what'd|tell me|wonder|wondering|curious|"
    rf"any (?:idea|thoughts|questions|other)|anything|anyone)\b|\b{_AUXILIARY} (?:\w+ )?{_SUBJECT}\b"
)


def declarative(text: str) -> bool:
    """Whether every longer sentence with a question mark has the word order of a statement. False without one."""
    plain = text[:4_000].lower().replace("’", "'")
    asked = [each for each in _ASKED.findall(plain) if len(each.split()) >= LEAST_WORDS]
    return bool(asked) and not any(_ASKS.search(each) for each in asked)
