"""How freely a model chooses its tokens. Torch-free, so that jobs can carry it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """`temperature` 0 takes the likeliest token; `repetition_penalty` 1 is none, and counts the reply's own tokens.

    The values are those at which the bundled model's replies read best; the OpenAI protocol brings its own."""

    temperature: float = 0.8
    top_p: float = 0.92
    repetition_penalty: float = 1.15
