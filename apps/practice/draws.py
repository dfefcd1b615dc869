"""Chance that can be replayed: numbers drawn by hashing what they are for, never from a running generator.

A draw depends on the client's dynamics, the seed, the turn's depth in its branch and the purpose, and on nothing
else. So the same place in a branch draws the same numbers whatever was said there: two ways of answering one moment
differ by what the therapist did, not by luck, and how many draws came before never matters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = 2**53


@dataclass(frozen=True)
class Draws:
    """The draws of one turn. `n` is the turn's depth in its branch, from 1."""

    dynamics: str
    seed: int
    n: int

    def unit(self, purpose: str) -> float:
        """A number in [0, 1), the same on every machine and Python version."""
        text = f"{self.dynamics}|{self.seed}|{self.n}|{purpose}"
        return (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 11) / _RANGE

    def choose(self, purpose: str, weights: Mapping[str, float]) -> str:
        """One key, with chance proportional to its weight, in the mapping's order. Some weight must be above 0."""
        total = sum(weights.values())
        at = self.unit(purpose) * total
        for key, weight in weights.items():
            at -= weight
            if at < 0 and weight > 0:
                return key
        return max(weights, key=lambda key: weights[key])
