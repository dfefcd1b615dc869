"""Where a client stands: six dimensions, the band and stage read from them, and what a branch remembers.

Pure data. Nothing here says how a turn moves the client (`rules.py`) or what follows (`planner.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from apps.scenarios.case import DIMENSIONS, STAGES, Case

LOWEST, HIGHEST = 0, 100
MILLI = 1000
REMEMBERED_TURNS = 3

# Openness is trust minus discord. Below the first a client is closed, from the second on (and with some trust) open.
_WARY_FROM, _OPEN_FROM, _OPEN_TRUST = -15, 25, 50

# Readiness at which a client moves on to the next stage, and below which back to the one before. The gap between
# the two keeps one turn from moving a client to and fro.
_ONWARD = {"precontemplation": 33, "contemplation": 58, "preparation": 78, "relapse": 58}
_NEXT = {
    "precontemplation": "contemplation",
    "contemplation": "preparation",
    "preparation": "action",
    "relapse": "preparation",
}
_BACK = {"contemplation": 22, "preparation": 47, "action": 67, "maintenance": 60}
_PREVIOUS = {
    "contemplation": "precontemplation",
    "preparation": "contemplation",
    "action": "preparation",
    "maintenance": "relapse",
}
_ACTION_CONFIDENCE = 45


@dataclass(frozen=True)
class ClientState:
    """Six whole numbers, 0-100."""

    trust: int
    agreement: int
    readiness: int
    confidence: int
    discord: int
    arousal: int

    def __post_init__(self) -> None:
        for dimension in DIMENSIONS:
            value = getattr(self, dimension)
            if not LOWEST <= value <= HIGHEST:
                raise ValueError(f"{dimension} is {value}; a state lies within {LOWEST}-{HIGHEST}")

    @classmethod
    def of(cls, values: Mapping[str, int]) -> ClientState:
        return cls(**{dimension: values[dimension] for dimension in DIMENSIONS})

    def moved(self, deltas: Mapping[str, int]) -> ClientState:
        """This state with deltas added, kept within bounds."""
        moved = {key: max(LOWEST, min(HIGHEST, getattr(self, key) + delta)) for key, delta in deltas.items()}
        return replace(self, **moved)

    def to_json(self) -> dict[str, int]:
        return {dimension: getattr(self, dimension) for dimension in DIMENSIONS}


@dataclass(frozen=True)
class Rupture:
    """Harm to the relationship that still lies open: what it cost (thousandths of a point), how many turns ago,
    and how often it was mended since."""

    trust: int
    discord: int
    age: int = 0
    mended: int = 0


@dataclass(frozen=True)
class Memory:
    """What a branch carries from turn to turn: ids, counts and thousandths, never a word anybody wrote.

    `carry`: the part of each dimension below a whole point, in thousandths. `runs`: by code, on how many turns
    running it was heard, up to the last. `questions`: turns of questions without a reflection, up to the last.
    `permission`: turns for which leave to advise still holds. `topic_age`: turns since the topic was named.
    `told_age`: turns since the last thing behind a gate was told, where one was.
    Last entries of tuples are the latest."""

    n: int
    stage: str
    carry: Mapping[str, int] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    questions: int = 0
    permission: int = 0
    rupture: Rupture | None = None
    topic: str = ""
    topic_age: int = 0
    acts: tuple[str, ...] = ()
    talks: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    told_age: int = 0
    used: tuple[str, ...] = ()

    def having_said(self, line_id: str) -> Memory:
        """This memory once the client has spoken an authored line."""
        return replace(self, used=(*self.used, line_id))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Memory:
        """The memory that `to_json` wrote, also after a trip through JSON."""
        values = {key: tuple(entry) if isinstance(entry, list) else entry for key, entry in value.items()}
        if values.get("rupture") is not None:
            values["rupture"] = Rupture(**values["rupture"])
        return cls(**values)


def starting_state(case: Case) -> ClientState:
    """The client as the author set them down."""
    return ClientState.of(case.state)


def starting_memory(case: Case) -> Memory:
    """Before the first turn."""
    return Memory(n=0, stage=case.stage)


def band(state: ClientState) -> str:
    """closed, wary or open."""
    openness = state.trust - state.discord
    if openness < _WARY_FROM:
        return "closed"
    return "open" if openness >= _OPEN_FROM and state.trust >= _OPEN_TRUST else "wary"


def stage_after(stage: str, *, state: ClientState, start: ClientState) -> str:
    """The stage after a turn, at most one step away. A client leaves the author's stage only once readiness has
    moved that way from where it started: a stage never changes because nothing happened."""
    if stage not in STAGES:
        raise ValueError(f"{stage} is no stage")
    if stage in _ONWARD and state.readiness >= _ONWARD[stage] and state.readiness > start.readiness:
        ready_to_act = stage != "preparation" or state.confidence >= _ACTION_CONFIDENCE
        return _NEXT[stage] if ready_to_act else stage
    if stage in _BACK and state.readiness < _BACK[stage] and state.readiness < start.readiness:
        return _PREVIOUS[stage]
    return stage
