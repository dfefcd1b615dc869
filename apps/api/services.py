"""Changes to keys: making, revoking, noting that one was used."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.accounts.models import Organisation
from apps.api.enums import Scope
from apps.api.keys import make_key
from apps.api.models import ApiKey
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.errors import RefusedError
from apps.core.organisation import acting_for
from apps.vault import services as vault
from apps.vault.sealing import Place

LIFE = timedelta(days=90)
MOST_DAYS = 366
MOST_KEYS = 50
USED_EVERY = timedelta(minutes=1)
MAY_HOLD = {
    Scope.ADMIN: (Role.ADMINISTRATOR, Role.ENGINEER),
    Scope.ENCOUNTERS: (Role.TRAINEE, Role.SUPERVISOR),
    Scope.INFER: tuple(Role),
}
"""The roles that an owner needs, one of them, for a key to have a scope: when it is made and whenever it is used."""


@dataclass(frozen=True)
class MadeKey:
    """A key with what is shown once: its text, and the secret that signs its webhooks."""

    row: ApiKey
    text: str
    signing: str


def allowed_scopes(actor: Actor, scopes: Iterable[str]) -> tuple[str, ...]:
    """Those of `scopes` that the owner's roles allow."""
    return tuple(scope for scope in scopes if actor.has(*MAY_HOLD[Scope(scope)]))


def create_key(
    owner: Actor,
    *,
    scopes: Iterable[str],
    by: Actor,
    name: str = "",
    life: timedelta = LIFE,
) -> MadeKey:
    """Make a key that acts as `owner`.

    Raises:
        RefusedError: scope_unknown, scope_not_allowed, key_life, too_many_keys.
    """
    wanted = tuple(dict.fromkeys(scopes))
    _check(owner, wanted, life)
    new, key_id, signing = make_key(owner.organisation_id), uuid4(), secrets.token_urlsafe(32)
    with acting_for(owner.organisation_id):
        # Whoever else makes a key of the organisation waits here, so that both are counted.
        Organisation.objects.select_for_update(no_key=True).get(pk=owner.organisation_id)
        if ApiKey.objects.filter(revoked_at__isnull=True, expires_at__gt=timezone.now()).count() >= MOST_KEYS:
            raise RefusedError("too_many_keys", f"There are {MOST_KEYS} keys already. Revoke one first.")
        data_key_id = vault.create_data_key(owner.organisation_id, purpose="api_key", subject_id=key_id)
        row = ApiKey(
            id=key_id,
            organisation_id=owner.organisation_id,
            owner_id=owner.user_id,
            name=name,
            prefix=new.prefix,
            secret_hash=new.secret_hash,
            scopes=list(wanted),
            data_key_id=data_key_id,
            expires_at=timezone.now() + life,
        )
        row.signing_sealed = vault.seal(signing, data_key_id=data_key_id, place=signing_place(row))
        row.save(force_insert=True)
        _audit(Action.API_KEY_CREATED, row, by)
    return MadeKey(row, new.text, signing)


def _check(owner: Actor, wanted: tuple[str, ...], life: timedelta) -> None:
    if not wanted or set(wanted) - set(Scope.values):
        raise RefusedError("scope_unknown", f"Choose scopes from: {', '.join(Scope.values)}.")
    missing = set(wanted) - set(allowed_scopes(owner, wanted))
    if missing:
        raise RefusedError(
            "scope_not_allowed", f"The owner's roles do not allow the scope {', '.join(sorted(missing))}."
        )
    if not timedelta(0) < life <= timedelta(days=MOST_DAYS):
        raise RefusedError("key_life", f"A key works for 1 to {MOST_DAYS} days.")


def revoke_key(key_id: UUID, *, by: Actor) -> ApiKey | None:
    """End a key at once. Again is without effect; None where the organisation has no such key."""
    with acting_for(by.organisation_id):
        row = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if row is not None and row.revoked_at is None:
            row.revoked_at = timezone.now()
            row.save(update_fields=["revoked_at"])
            _audit(Action.API_KEY_REVOKED, row, by)
        return row


def note_use(row: ApiKey, *, at: datetime) -> None:
    """Say when a key was last used, to the minute: a write for each request would be one too many."""
    if row.last_used_at is None or at - row.last_used_at >= USED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=at)


def signing_secret(row: ApiKey) -> str:
    """The secret that signs this key's webhooks."""
    return vault.unseal(bytes(row.signing_sealed), place=signing_place(row))


def signing_place(row: ApiKey) -> Place:
    return Place(organisation=row.organisation_id, table="api_apikey", column="signing_sealed", row=row.pk)


def _audit(action: Action, row: ApiKey, by: Actor) -> None:
    audit.append(
        action,
        actor_id=by.user_id,
        organisation_id=row.organisation_id,
        object_kind="api_key",
        object_id=row.pk,
        role=by.role_words,
        purpose=" ".join(sorted(row.scopes)),
    )
