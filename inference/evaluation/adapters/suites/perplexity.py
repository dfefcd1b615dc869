"""How well the model expects the author's replies in held-out dialogues: e to the mean loss of a token.

Lower is better. Compares only under one tokenizer; bits for a character compare across. Says nothing of what the model
would say itself.
"""

import math

import numpy as np

from inference.contracts import Person
from inference.evaluation.adapters.measured import measured as as_measured
from inference.evaluation.adapters.measured import perplexity_of, units
from inference.evaluation.adapters.replies import Material
from inference.evaluation.figures import figure, share
from inference.models.gate import Better, Measured

NAME = "perplexity"
PERSONS = tuple(Person)
VERSION = "perplexity 1"


def measured(material: Material) -> list[Measured]:
    scored = [
        (reply, reply.likelihood)
        for reply in material.written
        if reply.likelihood and reply.likelihood.tokens
    ]
    if not scored:
        return []
    drawn_by = units([reply for reply, _ in scored])
    tokens = np.array([[found.nats, found.tokens] for _, found in scored], dtype=np.float64)
    bits = np.array(
        [[found.nats / math.log(2), len(reply.text)] for reply, found in scored], dtype=np.float64
    )
    return [
        as_measured(
            NAME, figure("of a token, as written", tokens, perplexity_of, units=drawn_by), better=Better.LOWER
        ),
        as_measured(NAME, figure("bits for a character", bits, share, units=drawn_by), better=Better.LOWER),
    ]
