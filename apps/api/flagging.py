"""Puts what came through a key up for a look by people of the organisation, as the chat does with a turn.

No turn is kept of a request, so that what is known stands beside the flag: the key, the request's id, a pseudonym of
the caller's user, and what was heard, in codes. Nobody here can read the words: the caller finds them by the id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts.actors import Actor
from apps.api.models import FlaggedRequest
from apps.api.queries import Holder
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.safety.enums import Reason
from apps.safety.models import Flag
from apps.safety.services import flags_without_turn, write_down

USER_SALT = "apps.api.user"


@dataclass(frozen=True)
class PutUp:
    """The flags of one request; `fresh` are those that are to be written to the audit log."""

    flags: Sequence[Flag]
    fresh: Sequence[Flag]


@dataclass(frozen=True)
class About:
    """What a flag is about: which request, of which of the caller's users, and what was heard, in codes and numbers."""

    mode: str
    request_id: str
    user_id: str
    facts: Mapping[str, object]


def put_up(holder: Holder, reasons: Sequence[Reason], about: About) -> Sequence[Flag]:
    """Flags for the reasons that this mode's policy has looked at, once for each reason and request. Call inside
    `acting_for`, late in the transaction: the fresh ones are written to the audit log."""
    found = keep(holder, reasons, about)
    write_down(found.fresh)
    return found.flags


def keep(holder: Holder, reasons: Sequence[Reason], about: About) -> PutUp:
    """As `put_up`, for whoever has the fresh ones written down at the end of the transaction."""
    if not reasons:
        return PutUp((), ())
    known = [
        row.flag
        for row in FlaggedRequest.objects.filter(request_id=about.request_id).select_related("flag")
        if row.flag.reason in reasons
    ]
    missing = [reason for reason in reasons if reason not in {flag.reason for flag in known}]
    flags = flags_without_turn(holder.organisation_id, missing, mode=about.mode)
    FlaggedRequest.objects.bulk_create(
        FlaggedRequest(
            flag=flag,
            organisation_id=holder.organisation_id,
            key_id=holder.key_id,
            request_id=about.request_id,
            user=pseudonym(holder.organisation_id, about.user_id),
            facts=dict(about.facts),
        )
        for flag in flags
    )
    return PutUp((*known, *flags), flags)


def told(flags: Sequence[Flag]) -> list[dict[str, str]]:
    """Flags as an answer names them to the caller."""
    return [
        {"id": str(flag.pk), "reason": str(flag.reason), "due_at": flag.due_at.isoformat()} for flag in flags
    ]


def note_seen(flag_id: UUID, *, by: Actor, at: datetime | None = None) -> FlaggedRequest | None:
    """Say that somebody looked; the first who does is kept. None where there is no such flag. Call inside
    `acting_for`."""
    noted = FlaggedRequest.objects.filter(pk=flag_id, seen_at__isnull=True).update(
        seen_at=at or timezone.now(), seen_by=by.user_id
    )
    if noted:
        audit.append(
            Action.FLAG_SEEN,
            actor_id=by.user_id,
            organisation_id=by.organisation_id,
            object_kind="flag",
            object_id=flag_id,
            role=by.role_words,
        )
    return FlaggedRequest.objects.filter(pk=flag_id).first()


def pseudonym(organisation_id: UUID, user_id: str) -> str:
    """A caller's own user id as we may keep it: equal ids match within an organisation and cannot be looked up. Empty
    for none."""
    if not user_id:
        return ""
    salt = f"{USER_SALT}.{organisation_id}"
    return salted_hmac(salt, user_id, algorithm="sha256").hexdigest()[:32]
