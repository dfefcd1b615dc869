"""How freely a model chooses its tokens. Torch-free, so that jobs can carry it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """`temperature` 0 takes the likeliest token; `repetition_penalty` 1 is none, and counts the reply's own tokens.

    The values are those at which the bundled model read best to us among three settings, ten to twenty replies of one
    client each: hotter it invents quantities, cooler it hedges and circles. The OpenAI protocol brings its own."""

    temperature: float = 0.7
    top_p: float = 0.9
    repetition_penalty: float = 1.1
