"""Puts turns up for review."""

from datetime import datetime
from uuid import uuid4

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
    wanted = {reason: policy.reviewed(Mode(mode), reason) for reason in reasons}
    known = set(Flag.objects.filter(turn=turn).values_list("reason", flat=True)) if wanted else set()
    raised = [
        Flag(
            id=uuid4(),
            organisation_id=turn.organisation_id,
            encounter_id=turn.encounter_id,
            turn=turn,
            reason=reason,
            due_at=(at or timezone.now()) + within,
        )
        for reason, within in wanted.items()
        if within is not None and reason not in known
    ]
    Flag.objects.bulk_create(raised)
    for flag in raised:
        audit.append(
            Action.FLAG_RAISED,
            actor_id=None,
            organisation_id=turn.organisation_id,
            object_kind="flag",
            object_id=flag.pk,
            purpose=flag.reason,
        )
        FLAGS.labels(flag.reason).inc()
    return raised
