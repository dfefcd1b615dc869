"""Changes to an encounter, each in the caller's `acting_for`: start, open a turn, show, close, end, sweep.

The database holds the invariants (one open turn, one row per client id, one order); what raises here explains them.
Locks are taken in one order: the encounter's row, then the audit head.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.remote_engine import purpose_of
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.encounters import words
from apps.encounters.enums import EncounterStatus, EventKind, Mode, Source, TurnStatus, UtteranceKind
from apps.encounters.errors import EncounterEndedError, TurnRefusedError
from apps.encounters.models import Encounter, Segment, Turn, Utterance
from apps.encounters.order import append_event, append_segment
from apps.encounters.signals import moved_on
from apps.scenarios.models import ScenarioVersion
from apps.vault import services as vault

LEASE_S = 15
_RENEW = "UPDATE encounters_turn SET due_at = %s WHERE id = %s AND status = %s RETURNING stop_requested"
CONTINUES = (TurnStatus.ANSWERED, TurnStatus.REPLACED, TurnStatus.STOPPED)


@dataclass(frozen=True)
class Opened:
    """A turn as it stands after a send. `created` is False for a repeat of the same client id; `before` are all the
    encounter's turns that were there when it was sent."""

    turn: Turn
    text: str
    created: bool
    seq: int
    before: tuple[Turn, ...] = ()

    def branch(self) -> list[Turn]:
        """The turns before this one along its own branch, from the first."""
        return path_to(self.turn.parent_id, self.before)


@dataclass(frozen=True)
class Ending:
    """How a turn closes. `error_code` is set exactly for FAILED."""

    status: TurnStatus
    source: Source = Source.NONE
    error_code: str = ""
    versions: dict[str, object] | None = None
    timings: dict[str, object] | None = None


def start_encounter(
    *,
    actor: Actor,
    mode: Mode,
    scenario_version: ScenarioVersion | None,
    seed: int,
    remote_engine: str = "",
) -> Encounter:
    """Begin a sitting under a key of its own. `remote_engine`: the service outside that may word its replies."""
    encounter_id = uuid4()
    data_key_id = vault.create_data_key(actor.organisation_id, purpose="encounter", subject_id=encounter_id)
    encounter = Encounter.objects.create(
        id=encounter_id,
        organisation_id=actor.organisation_id,
        person_id=actor.user_id,
        mode=mode,
        scenario_version=scenario_version,
        data_key_id=data_key_id,
        remote_engine=remote_engine,
        seed=seed,
    )
    _audit(
        Action.ENCOUNTER_STARTED,
        encounter,
        actor_id=actor.user_id,
        role=actor.role_words,
        purpose=purpose_of(remote_engine),
    )
    return encounter


def utter(encounter: Encounter, kind: UtteranceKind, text: str, *, cue: str = "") -> int:
    """Show something that is no reply, in the encounter's order; returns its number."""
    utterance = Utterance(
        id=uuid4(), organisation_id=encounter.organisation_id, encounter=encounter, kind=kind, cue=cue
    )
    utterance.text_sealed = words.seal_for(encounter, text, place=words.utterance_place(utterance))
    utterance.save(force_insert=True)
    return append_event(encounter, EventKind.UTTERANCE, utterance=utterance)


def locked(encounter_id: UUID) -> Encounter:
    """The encounter with its row locked until commit."""
    return Encounter.objects.select_for_update().get(pk=encounter_id)


def open_turn(
    encounter: Encounter,
    *,
    client_id: UUID,
    text: str,
    parent_id: UUID | None,
    continues: bool,
) -> Opened:
    """Take what a person said. A repeated `client_id` with the same words returns the first turn unchanged.

    `encounter` is `locked`; `text` was made `words.acceptable`. `continues` follows the turn last answered; else the
    turn hangs on `parent_id` (None: a first turn).

    Raises:
        EncounterEndedError, TurnRefusedError: nothing was stored.
    """
    before = list(Turn.objects.filter(encounter=encounter).order_by("opened_at"))
    known = next((turn for turn in before if turn.client_id == client_id), None)
    if known:
        if words.said_in(known) != text:
            raise TurnRefusedError("client_id_reused")
        return Opened(known, text, created=False, seq=encounter.last_seq)
    if encounter.status != EncounterStatus.LIVE:
        raise EncounterEndedError
    _make_room(encounter, before)
    parent = tip_of(before) if continues else _parent(before, parent_id)
    turn = Turn(
        id=uuid4(),
        organisation_id=encounter.organisation_id,
        encounter=encounter,
        parent=parent,
        client_id=client_id,
        n=parent.n + 1 if parent else 1,
        due_at=timezone.now() + timedelta(seconds=LEASE_S),
    )
    turn.text_sealed = words.seal_for(encounter, text, place=words.turn_place(turn))
    turn.save(force_insert=True)
    seq = append_event(encounter, EventKind.ACCEPTED, turn=turn)
    return Opened(turn, text, created=True, seq=seq, before=tuple(before))


def keep_heard(turn: Turn, facts: Mapping[str, object]) -> bool:
    """Keep what the detectors saw in a turn, in codes and numbers, never words; returns whether it is still open."""
    turn.heard = dict(facts)
    if Turn.objects.filter(pk=turn.pk, status=TurnStatus.OPEN).update(heard=turn.heard):
        return True
    Turn.objects.filter(pk=turn.pk).update(heard=turn.heard)
    return False


def _make_room(encounter: Encounter, before: Sequence[Turn]) -> None:
    """At most one turn is open. One whose lease ran out is closed here, without waiting for the sweep."""
    busy = next((turn for turn in before if turn.status == TurnStatus.OPEN), None)
    if busy is None:
        return
    if busy.due_at > timezone.now():
        raise TurnRefusedError("turn_open")
    _close(encounter, busy, Ending(TurnStatus.FAILED, error_code="interrupted"))


def tip_of(turns: Sequence[Turn]) -> Turn | None:
    """Of turns in the order they were sent: the last that was answered, in whatever way counts."""
    return next((turn for turn in reversed(turns) if turn.status in CONTINUES), None)


def path_to(turn_id: UUID | None, turns: Sequence[Turn]) -> list[Turn]:
    """The turns from the first to this one, along its own branch."""
    by_id = {turn.pk: turn for turn in turns}
    path = []
    while turn_id is not None:
        path.append(by_id[turn_id])
        turn_id = by_id[turn_id].parent_id
    return path[::-1]


def _parent(before: Sequence[Turn], parent_id: UUID | None) -> Turn | None:
    if parent_id is None:
        return None
    parent = next((turn for turn in before if turn.pk == parent_id and turn.status in CONTINUES), None)
    if parent is None:
        raise TurnRefusedError("turn_unknown")
    return parent


@dataclass(frozen=True)
class Shown:
    """What showing a segment told: its number, or None where the turn is closed already; and whether to stop."""

    seq: int | None
    stop: bool


def show_segment(
    turn: Turn,
    text: str,
    *,
    n: int,
    source: Source,
    cue: str = "",
    findings: list[dict[str, object]] | None = None,
) -> Shown:
    """Seal and number a judged segment, so that it may be sent. Renews the turn's lease."""
    segment = Segment(
        id=uuid4(), organisation_id=turn.organisation_id, turn=turn, n=n, source=source, cue=cue
    )
    place = words.segment_place(segment, encounter_id=turn.encounter_id)
    sealed = words.seal_for(turn.encounter, text, place=place)
    until = timezone.now() + timedelta(seconds=LEASE_S)
    row = append_segment(segment, sealed=sealed, findings=findings or [], lease_until=until)
    return Shown(None, stop=True) if row is None else Shown(*row)


def note_sent_outside(turn: Turn, remote_engine: str) -> None:
    """Write down, before it is done, that this turn's words go to a service outside. Call it last."""
    _audit(
        Action.TURN_SENT_OUTSIDE,
        turn.encounter,
        kind="turn",
        object_id=turn.pk,
        purpose=purpose_of(remote_engine),
    )


def renew_lease(turn: Turn) -> bool | None:
    """Say that the turn is still being answered; returns whether somebody asked to stop it, or None where it was
    closed meanwhile."""
    until = timezone.now() + timedelta(seconds=LEASE_S)
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [until, turn.pk, TurnStatus.OPEN])
        row = cursor.fetchone()
    return row[0] if row else None


def request_stop(encounter: Encounter, turn_id: UUID) -> bool:
    """Ask whoever answers this turn to stop; False where it is not open. Safe to repeat.

    Raises:
        TurnRefusedError: turn_unknown.
    """
    if not Turn.objects.filter(encounter=encounter, pk=turn_id).exists():
        raise TurnRefusedError("turn_unknown")
    return bool(
        Turn.objects.filter(encounter=encounter, pk=turn_id, status=TurnStatus.OPEN).update(
            stop_requested=True
        )
    )


def close_turn(turn: Turn, ending: Ending) -> int | None:
    """End a turn, once: returns the number of its last event, or None where it was closed before.

    The audit entry is appended last, as its lock is shared by everyone.
    """
    return _close(locked(turn.encounter_id), turn, ending)


def _close(encounter: Encounter, turn: Turn, ending: Ending) -> int | None:
    # Conditional: the runner, a sweep and a second process may all try; one of them closes it.
    closed = Turn.objects.filter(pk=turn.pk, status=TurnStatus.OPEN).update(
        status=ending.status,
        source=ending.source,
        error_code=ending.error_code,
        versions=ending.versions or {},
        timings=ending.timings or {},
        closed_at=timezone.now(),
    )
    if not closed:
        return None
    seq = append_event(encounter, EventKind.FINISHED, turn=turn)
    _audit(Action.TURN_CLOSED, encounter, kind="turn", object_id=turn.pk, purpose=ending.status.lower())
    return seq


def end_encounter(encounter_id: UUID, *, actor: Actor) -> Encounter:
    """End a sitting; an open turn is withdrawn. Ending twice changes nothing."""
    encounter = locked(encounter_id)
    if encounter.status == EncounterStatus.ENDED:
        return encounter
    for turn in Turn.objects.filter(encounter=encounter, status=TurnStatus.OPEN):
        _close(encounter, turn, Ending(TurnStatus.CANCELLED))
    encounter.status, encounter.ended_at = EncounterStatus.ENDED, timezone.now()
    encounter.save(update_fields=["status", "ended_at"])
    _tell(encounter, append_event(encounter, EventKind.ENDED))
    _audit(Action.ENCOUNTER_ENDED, encounter, actor_id=actor.user_id, role=actor.role_words)
    return encounter


def close_overdue_turns(*, at: datetime, limit: int = 100) -> list[UUID]:
    """Close turns of the acting organisation whose answerer went silent; returns their encounters. Idempotent.

    Every encounter is locked before the first turn is closed, as closing takes the audit head. One that somebody
    holds is being worked on, and left to the next sweep.
    """
    swept = []
    silent = Turn.objects.filter(status=TurnStatus.OPEN, due_at__lt=at).order_by("due_at")
    holding = Encounter.objects.filter(pk__in=silent.values("encounter")[:limit])
    for encounter in list(holding.select_for_update(skip_locked=True)):
        turn = silent.filter(encounter=encounter).first()
        seq = turn and _close(encounter, turn, Ending(TurnStatus.FAILED, error_code="interrupted"))
        if seq:
            _tell(encounter, seq)
            swept.append(encounter.pk)
    return swept


def _tell(encounter: Encounter, seq: int) -> None:
    """Let those who follow the encounter know, once it is committed."""
    transaction.on_commit(
        partial(moved_on.send, sender=Encounter, encounter_id=encounter.pk, seq=seq), robust=True
    )


def _audit(
    action: Action,
    encounter: Encounter,
    *,
    kind: str = "encounter",
    object_id: UUID | None = None,
    actor_id: UUID | None = None,
    role: str = "",
    purpose: str = "",
) -> None:
    audit.append(
        action,
        actor_id=actor_id or encounter.person_id,
        organisation_id=encounter.organisation_id,
        object_kind=kind,
        object_id=object_id or encounter.pk,
        role=role,
        purpose=purpose,
    )
