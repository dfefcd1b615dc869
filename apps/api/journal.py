"""Writes down what a key did beyond asking for a reply. Ids and code words."""

from functools import partial
from uuid import UUID

from apps.api.queries import Holder
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.store import in_store


async def note(holder: Holder, action: Action, *, object_id: UUID | None = None, purpose: str = "") -> None:
    """An entry in a transaction of its own; raises what `audit.append` raises, and then nothing may be answered."""
    await in_store(
        holder.organisation_id, partial(append, holder, action, object_id=object_id, purpose=purpose)
    )


def append(holder: Holder, action: Action, *, object_id: UUID | None = None, purpose: str = "") -> None:
    """An entry in the caller's transaction, called last in it. Without an object it is about the key."""
    audit.append(
        action,
        actor_id=holder.actor.user_id,
        organisation_id=holder.organisation_id,
        object_kind="api_batch" if object_id else "api_key",
        object_id=object_id or holder.key_id,
        role=holder.actor.role_words,
        purpose=purpose,
    )
