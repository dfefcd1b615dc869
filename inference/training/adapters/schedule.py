"""The learning rate of each step, as a pure function of its number: nothing to store when a run is resumed."""

import math

from inference.training.adapters.recipe import Optimiser


def rate_at(step: int, steps: int, optimiser: Optimiser) -> float:
    """The rate of step `step` (from 0) of `steps`: up over the warm share, then down to `floor` of the full."""
    warm = max(1, round(optimiser.warm_share * steps))
    if step < warm:
        return optimiser.rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    falling = 0.5 * (1 + math.cos(math.pi * done)) if optimiser.schedule == "cosine" else 1 - done
    return optimiser.rate * (optimiser.floor + (1 - optimiser.floor) * falling)
