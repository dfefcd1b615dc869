"""The one order of an encounter: every event takes the next number, under the encounter's row lock."""

from uuid import UUID

from django.db import connection

from apps.encounters.enums import EventKind
from apps.encounters.models import Encounter, Event, Segment, Turn, Utterance

_NEXT = "UPDATE encounters_encounter SET last_seq = last_seq + 1 WHERE id = %s RETURNING last_seq"


def append_event(
    encounter: Encounter,
    kind: EventKind,
    *,
    turn: Turn | None = None,
    segment: Segment | None = None,
    utterance: Utterance | None = None,
    facts: dict[str, object] | None = None,
) -> int:
    """Record what became true and return its number. Holds the encounter's lock until commit, so that numbers commit
    in order and a reader never sees a later one before an earlier. `facts` hold codes and numbers, never words."""
    seq = _next_seq(encounter.pk)
    Event.objects.create(
        organisation_id=encounter.organisation_id,
        encounter=encounter,
        seq=seq,
        kind=kind,
        turn=turn,
        segment=segment,
        utterance=utterance,
        facts=facts or {},
    )
    encounter.last_seq = seq
    return seq


def _next_seq(encounter_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [encounter_id])
        return int(cursor.fetchone()[0])
