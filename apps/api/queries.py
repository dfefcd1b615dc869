"""Questions about keys: who holds one, which an organisation has, and what was flagged that came through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.queries import actor_for
from apps.api.enums import Scope
from apps.api.figures import Signal, crisis_signals
from apps.api.keys import read_key
from apps.api.models import ApiKey, FlaggedRequest
from apps.api.services import allowed_scopes, note_use
from apps.core.organisation import acting_for

MOST_LISTED = 200
MOST_SEEN = 50


@dataclass(frozen=True)
class Holder:
    """Who asks: a key, the person it acts as, and what it may be used for."""

    key_id: UUID
    actor: Actor
    scopes: frozenset[str]

    @property
    def organisation_id(self) -> UUID:
        return self.actor.organisation_id


@dataclass(frozen=True)
class ListedKey:
    """A key as the page shows it. `state`: works, expired or revoked."""

    row: ApiKey
    owner: str
    state: str

    @property
    def scopes(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.row.scopes]


def holder_of(text: str) -> Holder | None:
    """Who holds this key; None for one that is wrong, expired or revoked, or whose owner has left."""
    read = read_key(text)
    if read is None:
        return None
    now = timezone.now()
    with acting_for(read.organisation_id):
        row = (
            ApiKey.objects.select_related("owner")
            .filter(secret_hash=read.secret_hash, revoked_at__isnull=True, expires_at__gt=now)
            .first()
        )
        actor = actor_for(row.owner, organisation_id=row.organisation_id) if row else None
        if row is None or actor is None or actor.organisation_id != row.organisation_id:
            return None
        note_use(row, at=now)
        return Holder(row.pk, actor, frozenset(allowed_scopes(actor, row.scopes)))


def listed_keys() -> list[ListedKey]:
    """The organisation's keys, newest first. Call inside `acting_for`."""
    now = timezone.now()
    rows = ApiKey.objects.select_related("owner")[:MOST_LISTED]
    return [ListedKey(row, row.owner.email, _state(row, now)) for row in rows]


def _state(row: ApiKey, now: object) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "works" if row.expires_at > now else "expired"


@dataclass(frozen=True)
class ListedFlag:
    """A flag as the page shows it: why, from which key, about whom by pseudonym, and what was heard in codes."""

    row: FlaggedRequest
    late: bool

    @property
    def why(self) -> str:
        return self.row.flag.get_reason_display()

    @property
    def signals(self) -> Sequence[Signal]:
        return crisis_signals(self.row.facts)


def listed_flags(*, at: datetime) -> list[ListedFlag]:
    """What nobody looked at yet, the most urgent first, and then what was looked at last. Call inside `acting_for`."""
    rows = FlaggedRequest.objects.select_related("flag", "key", "seen_by")
    still_open = rows.filter(seen_at__isnull=True).order_by("flag__due_at")[:MOST_LISTED]
    seen = rows.filter(seen_at__isnull=False).order_by("-seen_at")[:MOST_SEEN]
    return [ListedFlag(row, row.seen_at is None and row.flag.due_at < at) for row in (*still_open, *seen)]
