"""The one order of an encounter: every event takes the next number, under the encounter's row lock."""

from datetime import datetime

from django.db import connection
from psycopg.types.json import Jsonb

from apps.encounters.enums import EventKind
from apps.encounters.models import Encounter, Segment, Turn, Utterance

# One round trip for what happens most: the next number (and with it the encounter's lock), the turn's lease, the
# segment and its event. A turn that was closed meanwhile gives no row and stores nothing.
_SHOW = """
WITH place AS (
    UPDATE encounters_encounter SET last_seq = last_seq + 1
    WHERE id = %(encounter)s
      AND EXISTS (SELECT FROM encounters_turn WHERE id = %(turn)s AND status = 'OPEN')
    RETURNING last_seq
), speaking AS (
    UPDATE encounters_turn SET due_at = %(until)s
    WHERE id = %(turn)s AND status = 'OPEN' AND EXISTS (SELECT FROM place)
    RETURNING stop_requested
), shown AS (
    INSERT INTO encounters_segment
        (id, organisation_id, turn_id, n, source, cue, text_sealed, findings, shown_at)
    SELECT %(id)s, %(organisation)s, %(turn)s, %(n)s, %(source)s, %(cue)s, %(sealed)s, %(findings)s, now()
    FROM speaking
), event AS (
    INSERT INTO encounters_event
        (organisation_id, encounter_id, seq, kind, turn_id, segment_id, facts)
    SELECT %(organisation)s, %(encounter)s, place.last_seq, %(kind)s, %(turn)s, %(id)s, '{}'
    FROM place, speaking
)
SELECT place.last_seq, speaking.stop_requested FROM place, speaking
"""
_APPEND = """
WITH place AS (
    UPDATE encounters_encounter SET last_seq = last_seq + 1 WHERE id = %(encounter)s RETURNING last_seq
)
INSERT INTO encounters_event
    (organisation_id, encounter_id, seq, kind, turn_id, segment_id, utterance_id, facts)
SELECT %(organisation)s, %(encounter)s, last_seq, %(kind)s, %(turn)s, NULL, %(utterance)s, %(facts)s
FROM place
RETURNING seq
"""


def append_event(
    encounter: Encounter,
    kind: EventKind,
    *,
    turn: Turn | None = None,
    utterance: Utterance | None = None,
    facts: dict[str, object] | None = None,
) -> int:
    """Record what became true and return its number. Holds the encounter's lock until commit, so that numbers commit
    in order and a reader never sees a later one before an earlier. `facts` hold codes and numbers, never words."""
    values = {
        "encounter": encounter.pk,
        "organisation": encounter.organisation_id,
        "kind": kind,
        "turn": turn.pk if turn else None,
        "utterance": utterance.pk if utterance else None,
        "facts": Jsonb(facts or {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
        encounter.last_seq = int(cursor.fetchone()[0])
    return encounter.last_seq


def append_segment(
    segment: Segment, *, sealed: bytes, findings: list[dict[str, object]], lease_until: datetime
) -> tuple[int, bool] | None:
    """Store a segment with its event and renew its turn's lease; returns the event's number and whether somebody asked
    to stop, or None where the turn is closed. The lock is the encounter's, as in `append_event`. Losing a race with a
    close may use up a number: an order has no doubles, but it may have a gap."""
    values = {
        "encounter": segment.turn.encounter_id,
        "turn": segment.turn_id,
        "until": lease_until,
        "id": segment.pk,
        "organisation": segment.organisation_id,
        "n": segment.n,
        "source": segment.source,
        "cue": segment.cue,
        "sealed": sealed,
        "findings": Jsonb(findings),
        "kind": EventKind.SEGMENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHOW, values)
        row = cursor.fetchone()
    return (int(row[0]), bool(row[1])) if row else None
