"""POST /batch-infer: up to 32 requests at once, answered here or later. GET: the results of one left for later."""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router
from ninja.responses import Status

from apps.api import limits
from apps.api.access import KeyHeld, count
from apps.api.addresses import checked_address
from apps.api.batches import batch_for, leave_batch, read_batch
from apps.api.enums import BatchStatus, Scope
from apps.api.errors import NotThereError, UnfitError
from apps.api.exchange import Asked
from apps.api.inferring import asked_of_many, infer_many
from apps.api.models import Batch
from apps.api.queries import Holder
from apps.api.responses import WITH_ERRORS
from apps.api.schemas import BatchIn, BatchLeft, BatchOut, BatchState
from apps.core.store import in_store, outside_walls

router = Router(tags=["Replies"])


@router.post(
    "/batch-infer",
    response={200: BatchOut, 202: BatchLeft, **WITH_ERRORS},
    auth=KeyHeld(Scope.INFER),
    summary="Answer up to 32 messages",
)
async def batch_infer(request: HttpRequest, body: BatchIn) -> Status:
    """Needs the scope `infer`; each entry counts as a request. With `asynchronous` what was asked and answered is kept
    sealed for a day, and `callback_url` is told when it is finished: see the signature below."""
    if body.callback_url is not None and not body.asynchronous:
        raise UnfitError("callback_unfit", "callback_url goes with asynchronous batches.")
    batch_id = uuid4()
    asked = await outside_walls(partial(asked_of_many, body.requests, batch_id=batch_id))
    if len(body.requests) > 1:
        await count(request, limits.buckets_of(request.auth, Scope.INFER), cost=len(body.requests) - 1)
    if body.asynchronous:
        return await _leave(request, body, batch_id, asked)
    entries = await infer_many(request.auth, body.requests, batch_id=batch_id, asked=asked)
    failed = sum(entry.error is not None for entry in entries)
    flagged = sum(entry.flagged for entry in entries)
    return Status(200, BatchOut(count=len(entries), failed=failed, flagged=flagged, results=entries))


async def _leave(request: HttpRequest, body: BatchIn, batch_id: UUID, asked: Sequence[Asked]) -> Status:
    holder: Holder = request.auth
    if body.callback_url is not None:
        look = partial(checked_address, body.callback_url, public_only=settings.CALLBACKS_PUBLIC_ONLY)
        await asyncio.to_thread(look)
    url = body.callback_url
    leave = partial(leave_batch, holder, body.requests, batch_id=batch_id, asked=asked, callback_url=url)
    batch = await in_store(holder.organisation_id, leave)
    return Status(202, BatchLeft(**_state(batch)))


@router.get(
    "/batch-infer/{uuid:batch_id}",
    response={200: BatchState, **WITH_ERRORS},
    auth=KeyHeld(Scope.INFER),
    summary="Read a batch that was left",
)
async def read(request: HttpRequest, batch_id: UUID) -> BatchState:
    """Needs the scope `infer` and a key of the same owner."""
    holder: Holder = request.auth
    return await in_store(holder.organisation_id, partial(_read, holder, batch_id))


def _read(holder: Holder, batch_id: UUID) -> BatchState:
    batch = batch_for(holder, batch_id)
    if batch is None or batch.status == BatchStatus.EXPIRED:
        raise NotThereError
    return BatchState(**_state(batch), failed=batch.failed, results=read_batch(holder, batch))


def _state(batch: Batch) -> dict[str, object]:
    return {
        "batch_id": str(batch.pk),
        "status": batch.status,
        "count": batch.count,
        "flagged": batch.flagged,
        "results_at": reverse("api-v1:read", args=[batch.pk]),
        "kept_until": batch.forget_at.isoformat(),
    }
