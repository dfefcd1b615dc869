"""Recommended actions and advice as data: `crisis_actions.toml`, `bias_advice.toml`. For the people and protocols that
answer for a person; whether any of it is ever shown to that person is policy's to say. Decides nothing.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.lexicon import SEVERITIES

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Action:
    """One recommendation: `id` is stable and goes with findings, `text` is for a helper."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class _Row:
    action: Action
    kinds: frozenset[str]
    steps: frozenset[str]


def crisis_actions(kind: str, severity: str) -> tuple[Action, ...]:
    """What to do about a crisis of this kind and severity, the most pressing first; nothing for none."""
    return tuple(
        row.action for row in _crisis_rows() if kind in row.kinds and severity in row.steps - {"none"}
    )


def bias_advice(kind: str, level: str) -> tuple[Action, ...]:
    """What helps after a remark of this kind and alert level, the particular first."""
    return tuple(row.action for row in _bias_rows() if kind in row.kinds and level in row.steps)


@cache
def _crisis_rows() -> tuple[_Row, ...]:
    return tuple(
        _Row(
            Action(each["id"], each["text"]),
            frozenset(each["kinds"]),
            frozenset(SEVERITIES[SEVERITIES.index(each["from"]) :]),
        )
        for each in tomllib.loads((_FOLDER / "crisis_actions.toml").read_text(encoding="utf-8"))["action"]
    )


@cache
def _bias_rows() -> tuple[_Row, ...]:
    return tuple(
        _Row(Action(each["id"], each["text"]), frozenset(each["kinds"]), frozenset(each["levels"]))
        for each in tomllib.loads((_FOLDER / "bias_advice.toml").read_text(encoding="utf-8"))["advice"]
    )
