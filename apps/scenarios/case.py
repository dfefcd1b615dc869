"""An authored client as frozen data: what `format.py` reads from a TOML file and everything else works with.

Knows shapes only. How a client reacts is decided in `apps/practice`; how the file is written, in `format.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DIMENSIONS = ("trust", "agreement", "readiness", "confidence", "discord", "arousal")
STAGES = ("precontemplation", "contemplation", "preparation", "action", "maintenance", "relapse")
BANDS = ("closed", "wary", "open")
PRONOUNS = ("he", "she", "they")
RESISTANCE = (
    "deflects",
    "minimises",
    "argues",
    "blames",
    "intellectualises",
    "tests_boundaries",
    "pleases",
    "withdraws",
    "gives_up",
)
CODES = ("GI", "Persuade", "PersuadeWith", "Q", "SR", "CR", "AF", "Seek", "Emphasize", "Confront")
NO_CODE = "none"

Fact = str | int | float | bool | tuple["Fact", ...] | Mapping[str, "Fact"]


@dataclass(frozen=True)
class Person:
    """Who the client is. `voice` and `culture` are written for the model, `looks` for the person who practises."""

    name: str
    short: str
    age: int
    pronoun: str
    voice: str
    culture: str
    looks: str


@dataclass(frozen=True)
class Story:
    """`brief` is what the trainee is told beforehand; the rest is for the model and the author."""

    history: str
    brief: str
    beliefs: tuple[str, ...]
    wants: tuple[str, ...]
    fears: tuple[str, ...]


@dataclass(frozen=True)
class Parameters:
    """Multipliers: `gain` on what skilled work gives, `sting` on what missteps cost, `forgive` on what a repair
    gives back; `sensitive` by behaviour code on that code's whole effect."""

    gain: float
    sting: float
    forgive: float
    sensitive: Mapping[str, float]


@dataclass(frozen=True)
class Topic:
    """Something the talk can be about; `words` are lower-case stems matched at the start of a word. One that does
    not carry is a topic of the turn that names it and of no later one."""

    id: str
    words: tuple[str, ...]
    carries: bool = True


@dataclass(frozen=True)
class Gate:
    """Something told only when it was earned: its topic touched, trust at least and discord at most this high."""

    id: str
    topic: str
    trust: int
    discord: int
    fact: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """What the client says first; `cue` is a cue's id or empty."""

    id: str
    text: str
    cue: str


@dataclass(frozen=True)
class Line:
    """An authored reply. `band` is a state band or `any`; `after` holds the codes it answers best; `to` the moments
    it answers, and it is said at no other. `until`: the gate that makes it untrue once told; `since`: the gate that
    must have been told before it makes sense."""

    id: str
    act: str
    band: str
    about: str
    after: frozenset[str]
    cue: str
    text: str
    to: frozenset[str] = frozenset()
    until: str = ""
    since: str = ""


@dataclass(frozen=True)
class Case:
    """One authored client. `version` hashes all of it; `dynamics` only what decides how the client reacts (state,
    parameters, propensities, topics' and gates' ids, which topics carry), so that twins who differ in words and
    person share it."""

    slug: str
    format: int
    difficulty: int
    resistance: tuple[str, ...]
    says: str
    setting: str
    practise: tuple[str, ...]
    goals: tuple[str, ...]
    change: str
    stage: str
    show_ledger: bool
    content_notes: tuple[str, ...]
    person: Person
    story: Story
    facts: Mapping[str, Fact]
    state: Mapping[str, int]
    parameters: Parameters
    acts: Mapping[str, float]
    topics: tuple[Topic, ...]
    gates: tuple[Gate, ...]
    openings: tuple[Opening, ...]
    lines: tuple[Line, ...]
    version: str
    dynamics: str
