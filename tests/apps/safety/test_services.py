from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.core.organisation import acting_for
from apps.encounters.models import Turn
from apps.practice.services import start_practice
from apps.safety.enums import Reason
from apps.safety.models import Flag
from apps.safety.services import flags_without_turn, raise_flags, write_down
from tests.cast import CastMember
from tests.factories import a_version

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def flagged(turn: Turn, *reasons: Reason, mode: str = "practice") -> list[Flag]:
    with acting_for(turn.organisation_id):
        return raise_flags(turn, list(reasons), mode=mode, at=NOW)


def test_a_flag_names_the_turn_the_reason_and_when_somebody_should_have_looked(turn: Turn) -> None:
    flagged(turn, Reason.LAYERS_DISAGREE)
    with acting_for(turn.organisation_id):
        (flag,) = Flag.objects.all()
    assert (flag.turn_id, flag.encounter_id) == (turn.pk, turn.encounter_id)
    assert (flag.reason, flag.due_at) == (Reason.LAYERS_DISAGREE, NOW + timedelta(hours=72))


def test_a_turn_is_put_up_once_for_each_reason(turn: Turn) -> None:
    assert len(flagged(turn, Reason.LAYERS_DISAGREE, Reason.WITHHELD_BIAS)) == 2
    assert flagged(turn, Reason.LAYERS_DISAGREE) == []


@pytest.mark.parametrize(("mode", "count"), [("practice", 0), ("support", 1), ("api", 1)])
def test_a_crisis_needs_a_look_where_it_is_the_person_s_own(turn: Turn, mode: str, count: int) -> None:
    assert len(flagged(turn, Reason.CRISIS, mode=mode)) == count


def test_what_is_no_turn_is_put_up_without_one_and_written_down_apart(turn: Turn) -> None:
    reasons = [Reason.CRISIS, Reason.LAYERS_DISAGREE]
    with acting_for(turn.organisation_id):
        flags = flags_without_turn(turn.organisation_id, reasons, mode="api", at=NOW)
        write_down(flags)
        kept = Flag.objects.order_by("due_at").values_list("reason", "turn", "encounter", "due_at")
        assert list(kept) == [
            ("crisis", None, None, NOW + timedelta(hours=1)),
            ("layers_disagree", None, None, NOW + timedelta(hours=72)),
        ]
        assert flags_without_turn(turn.organisation_id, [Reason.CRISIS], mode="practice") == []


def test_a_flag_has_an_encounter_and_a_turn_or_neither(turn: Turn) -> None:
    half = Flag(
        organisation_id=turn.organisation_id,
        encounter_id=turn.encounter_id,
        reason=Reason.CRISIS,
        due_at=NOW,
    )
    refused = pytest.raises(IntegrityError, match="flag_turn_with_its_encounter")
    with acting_for(turn.organisation_id), refused, transaction.atomic():
        half.save(force_insert=True)


def test_another_organisation_sees_no_flag_and_makes_none(turn: Turn, mallory: CastMember) -> None:
    flagged(turn, Reason.LAYERS_DISAGREE)
    with acting_for(mallory.actor.organisation_id):
        assert Flag.objects.count() == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            raise_flags(turn, [Reason.WITHHELD_BIAS], mode="practice")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM safety_flag")
        assert cursor.fetchone() == (0,)


def test_a_flag_is_in_the_audit_log_by_its_reason_alone(turn: Turn) -> None:
    (flag,) = flagged(turn, Reason.WITHHELD_CRISIS)
    with acting_for(turn.organisation_id), connection.cursor() as cursor:
        cursor.execute("SELECT body FROM audit.entry ORDER BY seq DESC LIMIT 1")
        body = bytes(cursor.fetchone()[0]).decode()
    assert all(part in body for part in ("flag.raised", str(flag.pk), "withheld_crisis"))


def test_a_flag_s_turn_lies_in_its_encounter(turn: Turn, ada: CastMember) -> None:
    with acting_for(turn.organisation_id):
        other = start_practice(a_version(turn.organisation_id), actor=ada.actor, seed=8)
        with pytest.raises(IntegrityError, match="flag_turn_in_its_encounter"), transaction.atomic():
            Flag.objects.create(
                organisation_id=turn.organisation_id,
                encounter=other,
                turn=turn,
                reason=Reason.WITHHELD_BIAS,
                due_at=NOW,
            )
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
