"""The two layers that look at a message, apart and together."""

from dataclasses import replace
from enum import StrEnum

from inference.safety.detectors.given import Given


class Layer(StrEnum):
    LEXICAL = "lexical"
    """Rules and lexicons alone."""
    MODEL = "model"
    """The encoder's trained heads alone."""
    UNION = "union"
    """As the product answers: both."""


BOTH = (Layer.UNION, Layer.LEXICAL, Layer.MODEL)
"""For a suite where each layer can answer by itself."""
HEADS_ELSE_RULES = (Layer.UNION, Layer.LEXICAL)
"""For a suite where the heads answer when they are here, and rules only when they are not."""
HEADS_ONLY = (Layer.UNION,)
"""For a suite that no rules answer: what the product says is what the heads say."""
RULES_ONLY = (Layer.LEXICAL,)
"""For a suite that asks no head."""


def without_heads(given: Given) -> Given:
    """The same message as the rules alone see it."""
    return replace(given, readings={}, tags=())
