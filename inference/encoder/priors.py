"""Weighs a head's labels by how common they are where it reads, after training on rows that are not so mixed.

Written rows hold more warm replies and more talk of change than real sessions and forums do, so a head expects more of
them than there are. `priors.toml` holds one factor a label, by which its probability is multiplied before all are made
to add up to one again; a label it does not name keeps its own. Knows probabilities and no text.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "priors.toml"


@cache
def _read() -> tuple[int, Mapping[str, Mapping[str, float]]]:
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return data["version"], data["factors"]


def priors_version() -> str:
    return f"priors {_read()[0]}"


def weighed(head: str, scores: Mapping[str, float]) -> dict[str, float]:
    """The scores of labels that exclude each other, weighed; they add up to 1 where they did."""
    factors = _read()[1].get(head)
    if not factors:
        return dict(scores)
    raw = {label: score * factors.get(label, 1.0) for label, score in scores.items()}
    total = sum(raw.values())
    return {label: score / total for label, score in raw.items()} if total else dict(scores)
