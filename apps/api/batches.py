"""Batches left to be answered: kept sealed, answered once, read by whoever's key left them, forgotten after a day.

Rows with a `due_at` are the work; who sweeps them may die in the middle and another goes on.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from apps.accounts.queries import actor_for
from apps.api.enums import BatchStatus, DeliveryStatus, Scope
from apps.api.exchange import Asked, keep_heard
from apps.api.journal import append
from apps.api.models import Batch, Delivery
from apps.api.queries import Holder
from apps.api.schemas import BatchEntry, InferIn
from apps.api.services import allowed_scopes
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.safety.services import write_down
from apps.vault import services as vault
from apps.vault.sealing import Place

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=10)
MOST_TRIES = 3


@dataclass(frozen=True)
class Claimed:
    """A batch that this process is to answer. `holder` None: its key works no more; `spent`: it was tried enough."""

    batch_id: UUID
    bodies: tuple[InferIn, ...]
    holder: Holder | None
    spent: bool


def leave_batch(
    holder: Holder,
    bodies: Sequence[InferIn],
    *,
    batch_id: UUID,
    asked: Sequence[Asked],
    callback_url: str | None,
) -> Batch:
    """Keep a batch to be answered soon; `asked` are its bodies, read. A crisis that is heard is put up at once: whoever
    answers may be away. Call inside `acting_for`; the address was checked."""
    now = timezone.now()
    batch = Batch(
        id=batch_id,
        organisation_id=holder.organisation_id,
        key_id=holder.key_id,
        data_key_id=vault.create_data_key(holder.organisation_id, purpose="api_batch", subject_id=batch_id),
        count=len(bodies),
        due_at=now,
        forget_at=now + KEPT,
    )
    batch.asked_sealed = _seal(batch, "asked_sealed", json.dumps([body.model_dump() for body in bodies]))
    put = [keep_heard(holder, each) for each in asked]
    batch.flagged = sum(bool(each.flags) for each in put)
    batch.save(force_insert=True)
    if callback_url is not None:
        delivery = Delivery(id=uuid4(), organisation_id=batch.organisation_id, batch=batch)
        delivery.address_sealed = vault.seal(
            callback_url, data_key_id=batch.data_key_id, place=address_place(delivery)
        )
        delivery.save(force_insert=True)
    write_down([flag for each in put for flag in each.fresh])
    append(holder, Action.API_BATCH_LEFT, object_id=batch.pk)
    return batch


def batch_for(holder: Holder, batch_id: UUID) -> Batch | None:
    """A batch that a key of the same owner left. Call inside `acting_for`."""
    return Batch.objects.filter(pk=batch_id, key__owner_id=holder.actor.user_id).first()


def read_batch(holder: Holder, batch: Batch) -> list[BatchEntry] | None:
    """Its results; None while it waits. Written down before they are shown."""
    if batch.status != BatchStatus.FINISHED:
        return None
    found = json.loads(_unseal(batch, "answered_sealed", batch.answered_sealed))
    append(holder, Action.API_BATCH_READ, object_id=batch.pk)
    return [BatchEntry(**entry) for entry in found]


def claim_batch(*, at: datetime) -> Claimed | None:
    """Take the oldest batch that is due, for the time of a lease. Call inside `acting_for`."""
    batch = (
        Batch.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("key__owner")
        .filter(status=BatchStatus.WAITING, due_at__lte=at, forget_at__gt=at)
        .order_by("due_at")
        .first()
    )
    if batch is None:
        return None
    batch.due_at, batch.tries = at + LEASE, batch.tries + 1
    batch.save(update_fields=["due_at", "tries"])
    asked = json.loads(_unseal(batch, "asked_sealed", batch.asked_sealed))
    bodies = tuple(InferIn(**each) for each in asked)
    return Claimed(batch.pk, bodies, _holder_of(batch, at), batch.tries > MOST_TRIES)


def _holder_of(batch: Batch, at: datetime) -> Holder | None:
    key = batch.key
    actor = actor_for(key.owner, organisation_id=key.organisation_id)
    if key.revoked_at is not None or key.expires_at <= at or actor is None:
        return None
    scopes = frozenset(allowed_scopes(actor, key.scopes))
    fits = actor.organisation_id == key.organisation_id and Scope.INFER in scopes
    return Holder(key.pk, actor, scopes) if fits else None


def finish_batch(batch_id: UUID, entries: Sequence[BatchEntry]) -> bool:
    """Keep the answers and make the word of it due; False where somebody else did. Call inside `acting_for`."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, status=BatchStatus.WAITING).first()
    if batch is None:
        return False
    now = timezone.now()
    batch.answered_sealed = _seal(
        batch, "answered_sealed", json.dumps([entry.model_dump() for entry in entries])
    )
    batch.failed = sum(entry.error is not None for entry in entries)
    batch.flagged = sum(entry.flagged for entry in entries)
    batch.status, batch.finished_at = BatchStatus.FINISHED, now
    batch.save(update_fields=["answered_sealed", "failed", "flagged", "status", "finished_at"])
    Delivery.objects.filter(batch=batch, status=DeliveryStatus.DUE).update(due_at=now)
    return True


def forget_batches(*, at: datetime, most: int = 100) -> int:
    """Shred what batches held whose time is over; returns how many. Call inside `acting_for`."""
    old = list(
        Batch.objects.select_for_update(skip_locked=True)
        .exclude(status=BatchStatus.EXPIRED)
        .filter(forget_at__lte=at)[:most]
    )
    for batch in old:
        vault.shred(batch.data_key_id)
        batch.status, batch.asked_sealed, batch.answered_sealed = BatchStatus.EXPIRED, b"", b""
        batch.save(update_fields=["status", "asked_sealed", "answered_sealed"])
        Delivery.objects.filter(batch=batch, status=DeliveryStatus.DUE).update(
            status=DeliveryStatus.GIVEN_UP, due_at=None
        )
    for batch in old:
        audit.append(
            Action.KEY_SHREDDED,
            actor_id=None,
            organisation_id=batch.organisation_id,
            object_kind="api_batch",
            object_id=batch.pk,
            purpose="retention",
        )
    return len(old)


def address_place(delivery: Delivery) -> Place:
    return Place(
        organisation=delivery.organisation_id, table="api_delivery", column="address_sealed", row=delivery.pk
    )


def _place(batch: Batch, column: str) -> Place:
    return Place(organisation=batch.organisation_id, table="api_batch", column=column, row=batch.pk)


def _seal(batch: Batch, column: str, text: str) -> bytes:
    return vault.seal(text, data_key_id=batch.data_key_id, place=_place(batch, column))


def _unseal(batch: Batch, column: str, blob: bytes) -> str:
    return vault.unseal(bytes(blob), place=_place(batch, column))
