"""What a mode gives to have a turn answered: what to ask the engine for, and what to say when it cannot.

The mode decides once the turn was heard, in one transaction; words come afterwards. Knows no mode.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from apps.encounters.enums import Source
from apps.encounters.models import Encounter
from apps.encounters.services import Opened
from inference.contracts import Assessment, ReplyRequest


@dataclass(frozen=True)
class FixedReply:
    """Words that need no engine: an authored line, or a protocol's fixed words. One entry a segment."""

    texts: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class Plan:
    """How a turn will be answered. `request` None: by `fixed` alone. `cue` goes with the first segment;
    `told` is what `Answerer.told` will say of the turn once it is finished."""

    fixed: FixedReply
    request: ReplyRequest | None = None
    cue: str = ""
    versions: Mapping[str, object] = field(default_factory=dict)
    told: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Listened:
    """What was heard before a turn is answered. `talk`: (person, persona) before it, oldest first, either may be empty;
    `assessment`: the worker's of the person's words, None where it did not answer in full; `signals`: what detectors
    heard that a mode may react to, by name."""

    talk: Sequence[tuple[str, str]] = ()
    assessment: Assessment | None = None
    signals: frozenset[str] = frozenset()


class Answerer(Protocol):
    """A mode, as the turn runner sees it. Every method runs in the caller's `acting_for`."""

    def plan(self, encounter: Encounter, opened: Opened, listened: Listened) -> Plan:
        """Decide the reply and record the decision. Called once a turn, while it is open and its encounter locked."""

    def told(self, turn_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, object]]:
        """What the mode tells of finished turns: `ledger`, `coach`. One query for all of them."""
