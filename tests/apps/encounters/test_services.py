from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal
from threading import Thread
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from apps.core.organisation import acting_for
from apps.encounters import queries, services, words
from apps.encounters.enums import EncounterStatus, EventKind, Mode, Source, TurnStatus, UtteranceKind
from apps.encounters.errors import EncounterEndedError, TurnRefusedError
from apps.encounters.models import Encounter, Event, Turn
from apps.encounters.services import Ending, Opened
from tests.cast import CastMember

ENDINGS = [status for status in TurnStatus if status != TurnStatus.OPEN]


def send(encounter: Encounter, text: str = "What brings you here?", **kwargs: object) -> Opened:
    details = {"client_id": uuid4(), "parent_id": None, "continues": True} | kwargs
    with acting_for(encounter.organisation_id):
        return services.open_turn(services.locked(encounter.pk), text=words.acceptable(text), **details)


def close(turn: Turn, status: TurnStatus = TurnStatus.ANSWERED) -> int | None:
    error = "interrupted" if status == TurnStatus.FAILED else ""
    with acting_for(turn.organisation_id):
        return services.close_turn(turn, Ending(status, Source.AUTHORED, error_code=error))


def test_open_turn_seals_what_was_said_and_gives_it_the_next_number(encounter: Encounter) -> None:
    opened = send(encounter, "It stings to be sent here.")
    with acting_for(encounter.organisation_id):
        row = Turn.objects.get(pk=opened.turn.pk)
        assert b"stings" not in bytes(row.text_sealed)
        assert words.said_in(row) == "It stings to be sent here."
        assert [event.kind for event in Event.objects.filter(encounter=encounter)] == [EventKind.ACCEPTED]
        assert row.status == TurnStatus.OPEN


def test_open_turn_returns_the_first_turn_for_a_repeated_client_id(
    encounter: Encounter, client_id: UUID
) -> None:
    first = send(encounter, "Hello there.", client_id=client_id)
    again = send(encounter, "Hello there.", client_id=client_id)
    assert (again.turn.pk, again.created) == (first.turn.pk, False)
    with acting_for(encounter.organisation_id):
        assert Turn.objects.count() == 1


def test_open_turn_refuses_other_words_under_the_same_client_id(
    encounter: Encounter, client_id: UUID
) -> None:
    send(encounter, "Hello there.", client_id=client_id)
    with pytest.raises(TurnRefusedError) as refused:
        send(encounter, "Something else.", client_id=client_id)
    assert refused.value.code == "client_id_reused"


def test_open_turn_refuses_a_second_while_one_is_open(encounter: Encounter) -> None:
    send(encounter)
    with pytest.raises(TurnRefusedError) as refused:
        send(encounter)
    assert refused.value.code == "turn_open"


def test_open_turn_closes_one_whose_lease_ran_out(encounter: Encounter) -> None:
    stale = send(encounter).turn
    with acting_for(encounter.organisation_id):
        Turn.objects.filter(pk=stale.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    fresh = send(encounter).turn
    with acting_for(encounter.organisation_id):
        stale.refresh_from_db()
        assert (stale.status, stale.error_code) == (TurnStatus.FAILED, "interrupted")
        assert fresh.parent_id is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text_empty"),
        (" \n\t ", "text_empty"),
        ("\u200b\u200b", "text_empty"),
        ("a" * 4001, "text_too_long"),
        ("before\x00after", "text_invalid"),
        ("half a \ud83d pair", "text_invalid"),
        ("bell \x07", "text_invalid"),
    ],
)
def test_open_turn_refuses_what_cannot_be_kept_and_stores_nothing(
    encounter: Encounter, text: str, code: str
) -> None:
    with pytest.raises(TurnRefusedError) as refused:
        send(encounter, text)
    assert refused.value.code == code
    with acting_for(encounter.organisation_id):
        assert (Turn.objects.count(), Event.objects.count()) == (0, 0)


def test_open_turn_takes_the_longest_text(encounter: Encounter) -> None:
    assert send(encounter, "é" * 4000).text == "é" * 4000


def test_open_turn_continues_from_the_turn_last_answered(encounter: Encounter) -> None:
    first = send(encounter).turn
    close(first)
    failed = send(encounter).turn
    close(failed, TurnStatus.FAILED)
    third = send(encounter).turn
    assert (failed.parent_id, third.parent_id, third.n) == (first.pk, first.pk, 2)


def test_open_turn_branches_from_the_parent_it_names(encounter: Encounter) -> None:
    first = send(encounter).turn
    close(first)
    second = send(encounter).turn
    close(second)
    branch = send(encounter, parent_id=first.pk, continues=False).turn
    assert (branch.parent_id, branch.n) == (first.pk, 2)
    with acting_for(encounter.organisation_id):
        close(branch)
        assert [turn.pk for turn in queries.current_branch(encounter)] == [first.pk, branch.pk]


def test_open_turn_refuses_a_parent_that_failed_or_lies_elsewhere(encounter: Encounter) -> None:
    failed = send(encounter).turn
    close(failed, TurnStatus.FAILED)
    for parent_id in (failed.pk, uuid4()):
        with pytest.raises(TurnRefusedError) as refused:
            send(encounter, parent_id=parent_id, continues=False)
        assert refused.value.code == "turn_unknown"


def test_open_turn_refuses_once_the_encounter_ended(encounter: Encounter, ada: CastMember) -> None:
    with acting_for(encounter.organisation_id):
        services.end_encounter(encounter.pk, actor=ada.actor)
    with pytest.raises(EncounterEndedError):
        send(encounter)


def test_show_segment_numbers_and_seals_each_piece_in_one_order(encounter: Encounter) -> None:
    turn = send(encounter).turn
    with acting_for(encounter.organisation_id):
        first = services.show_segment(
            turn, "So. Here I am.", n=0, source=Source.AUTHORED, cue="posture.arms_crossed"
        )
        second = services.show_segment(turn, "Talk.", n=1, source=Source.AUTHORED)
        views = queries.events_after(encounter, 1)
    assert (first.seq, second.seq, first.stop) == (2, 3, False)
    assert [(view.seq, view.text) for view in views] == [(2, "So. Here I am."), (3, "Talk.")]


def test_show_segment_shows_nothing_once_the_turn_is_closed(encounter: Encounter) -> None:
    turn = send(encounter).turn
    close(turn, TurnStatus.STOPPED)
    with acting_for(encounter.organisation_id):
        shown = services.show_segment(turn, "Too late.", n=0, source=Source.MODEL)
        assert (shown.seq, shown.stop) == (None, True)
        assert not turn.segments.exists()


def test_show_segment_tells_of_a_stop_that_another_process_took(encounter: Encounter) -> None:
    turn = send(encounter).turn
    with acting_for(encounter.organisation_id):
        assert services.request_stop(encounter, turn.pk)
        assert services.show_segment(turn, "One more.", n=0, source=Source.MODEL).stop


def test_the_same_place_of_a_turn_is_shown_once(encounter: Encounter) -> None:
    turn = send(encounter).turn
    with acting_for(encounter.organisation_id):
        services.show_segment(turn, "Once.", n=0, source=Source.MODEL)
        with pytest.raises(IntegrityError), transaction.atomic():
            services.show_segment(turn, "Twice.", n=0, source=Source.MODEL)
        assert encounter.events.count() == 2


@pytest.mark.parametrize("status", ENDINGS)
def test_close_turn_ends_it_once(encounter: Encounter, status: TurnStatus) -> None:
    turn = send(encounter).turn
    assert close(turn, status) == 2
    for other in ENDINGS:
        assert close(turn, other) is None
    with acting_for(encounter.organisation_id):
        turn.refresh_from_db()
        assert (turn.status, turn.closed_at is not None) == (status, True)


@pytest.mark.parametrize("other", [status for status in TurnStatus if status != TurnStatus.ANSWERED])
def test_the_database_keeps_a_closed_turn_closed(encounter: Encounter, other: TurnStatus) -> None:
    turn = send(encounter).turn
    close(turn)
    with (
        acting_for(encounter.organisation_id),
        pytest.raises((InternalError, IntegrityError)),
        transaction.atomic(),
    ):
        Turn.objects.filter(pk=turn.pk).update(status=other, error_code="x")


def test_the_database_holds_one_open_turn_and_one_row_per_client_id(
    encounter: Encounter, client_id: UUID
) -> None:
    turn = send(encounter, client_id=client_id).turn
    with acting_for(encounter.organisation_id):
        turn.pk, turn.client_id = uuid4(), uuid4()
        with pytest.raises(IntegrityError, match="turn_one_open"), transaction.atomic():
            turn.save(force_insert=True)
        turn.client_id, turn.status, turn.closed_at = client_id, TurnStatus.CANCELLED, timezone.now()
        with pytest.raises(IntegrityError, match="turn_once_per_client_id"), transaction.atomic():
            turn.save(force_insert=True)


def test_end_encounter_withdraws_the_open_turn_and_ends_once(encounter: Encounter, ada: CastMember) -> None:
    turn = send(encounter).turn
    with acting_for(encounter.organisation_id):
        services.end_encounter(encounter.pk, actor=ada.actor)
        ended = services.end_encounter(encounter.pk, actor=ada.actor)
        turn.refresh_from_db()
        kinds = list(encounter.events.values_list("kind", flat=True))
    assert (ended.status, turn.status) == (EncounterStatus.ENDED, TurnStatus.CANCELLED)
    assert kinds == [EventKind.ACCEPTED, EventKind.FINISHED, EventKind.ENDED]


def test_close_overdue_turns_closes_the_silent_and_leaves_the_others(encounter: Encounter) -> None:
    turn = send(encounter).turn
    with acting_for(encounter.organisation_id):
        assert services.close_overdue_turns(at=timezone.now()) == []
        later = timezone.now() + timedelta(seconds=services.LEASE_S + 1)
        assert services.close_overdue_turns(at=later) == [encounter.pk]
        assert services.close_overdue_turns(at=later) == []
        turn.refresh_from_db()
        assert (turn.status, turn.error_code) == (TurnStatus.FAILED, "interrupted")


@pytest.mark.django_db(transaction=True)
def test_close_overdue_turns_waits_for_nobody_while_it_holds_the_logs_head(
    encounter: Encounter, ada: CastMember
) -> None:
    other = another(encounter, ada)
    for one in (encounter, other):
        send(one)
    later = timezone.now() + timedelta(seconds=services.LEASE_S + 1)
    with held_elsewhere(other), acting_for(encounter.organisation_id):
        assert services.close_overdue_turns(at=later) == [encounter.pk]
    with acting_for(encounter.organisation_id):
        assert services.close_overdue_turns(at=later) == [other.pk]


def another(encounter: Encounter, member: CastMember) -> Encounter:
    with acting_for(encounter.organisation_id):
        return services.start_encounter(
            actor=member.actor, mode=Mode.PRACTICE, scenario_version=encounter.scenario_version, seed=8
        )


@contextmanager
def held_elsewhere(encounter: Encounter) -> Iterator[None]:
    """Another transaction has the encounter's row."""
    held, done = Signal(), Signal()

    def hold() -> None:
        try:
            with acting_for(encounter.organisation_id):
                services.locked(encounter.pk)
                held.set()
                done.wait(10)
        finally:
            connection.close()

    thread = Thread(target=hold)
    thread.start()
    assert held.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join(10)


def test_utter_takes_its_place_in_the_same_order(encounter: Encounter) -> None:
    with acting_for(encounter.organisation_id):
        seq = services.utter(
            encounter, UtteranceKind.OPENING, "So. Here I am. Talk.", cue="posture.arms_crossed"
        )
        assert (seq, queries.opening_of(encounter)) == (1, ("So. Here I am. Talk.", "posture.arms_crossed"))
    assert send(encounter).seq == 2


def test_events_after_gives_each_event_once_whatever_the_number_asked(encounter: Encounter) -> None:
    with acting_for(encounter.organisation_id):
        for index in range(5):
            services.utter(encounter, UtteranceKind.NOTICE, f"Notice {index}.")
        whole = [view.seq for view in queries.events_after(encounter, 0)]
        assert whole == [1, 2, 3, 4, 5]
        for seen in range(6):
            assert [view.seq for view in queries.events_after(encounter, seen)] == whole[seen:]
