"""Questions about an encounter: what came after a number, what a branch says, what is in the transcript."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.encounters import words
from apps.encounters.enums import EventKind, TurnStatus
from apps.encounters.models import Encounter, Event, Segment, Turn, Utterance
from apps.encounters.services import CONTINUES, path_to, tip_of

PAGE = 500
TALK_TURNS = 6
"""How much of the talk before a turn is looked at: by whoever answers, and by the detectors."""


@dataclass(frozen=True)
class EventView:
    """One event with its words unsealed. `text` is the person's for ACCEPTED, the reply's for SEGMENT."""

    seq: int
    kind: EventKind
    turn: Turn | None
    text: str
    cue: str
    n: int
    utterance: Utterance | None
    facts: dict[str, object]


@dataclass(frozen=True)
class Spoken:
    """A turn with its words: what the person said, and the reply's segments as shown."""

    turn: Turn
    said: str
    segments: tuple[tuple[str, str], ...]

    @property
    def reply(self) -> str:
        """The reply as one text."""
        return " ".join(text for text, _ in self.segments)


def events_after(encounter: Encounter, after_seq: int) -> list[EventView]:
    """The next events in order, at most 500."""
    rows = (
        Event.objects.filter(encounter=encounter, seq__gt=after_seq)
        .select_related("turn", "segment", "utterance")
        .order_by("seq")[:PAGE]
    )
    return [_view(event) for event in rows]


def acceptance_of(turn: Turn) -> EventView:
    """The event of the moment the turn was taken."""
    return _view(Event.objects.select_related("turn").get(turn=turn, kind=EventKind.ACCEPTED))


def _view(event: Event) -> EventView:
    text, cue, n = "", "", 0
    if event.segment:
        text = words.shown_in(event.segment, encounter_id=event.encounter_id)
        cue, n = event.segment.cue, event.segment.n
    elif event.utterance:
        text, cue = words.uttered(event.utterance), event.utterance.cue
    elif event.kind == EventKind.ACCEPTED and event.turn:
        text, n = words.said_in(event.turn), event.turn.n
    return EventView(event.seq, EventKind(event.kind), event.turn, text, cue, n, event.utterance, event.facts)


def spoken(turns: Sequence[Turn]) -> list[Spoken]:
    """These turns of one encounter with their words: one query for all their segments."""
    by_turn: dict[UUID, list[Segment]] = {}
    for segment in Segment.objects.filter(turn__in=[turn.pk for turn in turns]).order_by("turn_id", "n"):
        by_turn.setdefault(segment.turn_id, []).append(segment)
    return [
        Spoken(
            turn,
            words.said_in(turn),
            tuple(
                (words.shown_in(s, encounter_id=turn.encounter_id), s.cue) for s in by_turn.get(turn.pk, [])
            ),
        )
        for turn in turns
    ]


def talk_before(encounter: Encounter, branch: Sequence[Turn]) -> list[tuple[str, str]]:
    """The last turns of a branch as (person, persona), oldest first, after the opening as ("", opening) where they
    reach back to it."""
    before = branch[-TALK_TURNS:]
    said = [(entry.said, entry.reply) for entry in spoken(before)]
    if len(before) < TALK_TURNS:
        said.insert(0, ("", opening_of(encounter)[0]))
    return said


def opening_of(encounter: Encounter) -> tuple[str, str]:
    """The first thing shown, with its cue; empty where nothing was."""
    first = Utterance.objects.filter(encounter=encounter).order_by("shown_at").first()
    return (words.uttered(first), first.cue) if first else ("", "")


def current_branch(encounter: Encounter) -> list[Turn]:
    """The branch that ends in the turn last answered: one query."""
    turns = all_turns(encounter)
    tip = tip_of(turns)
    return [*path_to(tip.parent_id, turns), tip] if tip else []


def all_turns(encounter: Encounter) -> list[Turn]:
    """Every turn in the order they were sent, those of left branches and failed ones too."""
    return list(Turn.objects.filter(encounter=encounter).order_by("opened_at", "pk"))


def open_turn_of(encounter: Encounter) -> Turn | None:
    return Turn.objects.filter(encounter=encounter, status=TurnStatus.OPEN).first()


def turn_counts(encounters: Iterable[Encounter]) -> dict[UUID, int]:
    """How many turns were answered in each encounter: one query."""
    counts: dict[UUID, int] = {}
    pks = [encounter.pk for encounter in encounters]
    for pk in Turn.objects.filter(encounter__in=pks, status__in=CONTINUES).values_list(
        "encounter_id", flat=True
    ):
        counts[pk] = counts.get(pk, 0) + 1
    return counts
