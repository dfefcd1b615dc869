"""Puts turns up for review, and what was said where no turn is kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.utils import timezone

from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.metrics import FLAGS
from apps.encounters.models import Turn
from apps.safety import policy
from apps.safety.enums import Reason
from apps.safety.models import Flag
from inference.contracts import Mode


def raise_flags(turn: Turn, reasons: list[Reason], *, mode: str, at: datetime | None = None) -> list[Flag]:
    """Put a turn up for each reason that needs a look in this mode; returns the flags that were not there before.

    Call last in the transaction: each is written to the audit log, whose lock everybody shares.
    """
    known = set(Flag.objects.filter(turn=turn).values_list("reason", flat=True)) if reasons else set()
    missing = [reason for reason in reasons if reason not in known]
    raised = _kept(turn.organisation_id, missing, mode=mode, at=at, encounter_id=turn.encounter_id, turn=turn)
    write_down(raised)
    return raised


def flags_without_turn(
    organisation_id: UUID, reasons: Sequence[Reason], *, mode: str, at: datetime | None = None
) -> list[Flag]:
    """Put up what was said where no turn is kept, for each reason that needs a look in this mode. Whoever calls keeps
    what the flags are about beside them, and then, last in the transaction, has them written down."""
    return _kept(organisation_id, reasons, mode=mode, at=at)


def write_down(flags: Sequence[Flag]) -> None:
    """The flags' entries in the audit log. Call last in the transaction."""
    for flag in flags:
        audit.append(
            Action.FLAG_RAISED,
            actor_id=None,
            organisation_id=flag.organisation_id,
            object_kind="flag",
            object_id=flag.pk,
            purpose=flag.reason,
        )
        FLAGS.labels(flag.reason).inc()


def _kept(
    organisation_id: UUID, reasons: Sequence[Reason], *, mode: str, at: datetime | None, **place: object
) -> list[Flag]:
    """Rows for the reasons that this mode's policy has looked at."""
    wanted = {reason: policy.reviewed(Mode(mode), reason) for reason in reasons}
    begins = at or timezone.now()
    return Flag.objects.bulk_create(
        Flag(id=uuid4(), organisation_id=organisation_id, reason=reason, due_at=begins + within, **place)
        for reason, within in wanted.items()
        if within is not None
    )
