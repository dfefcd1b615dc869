"""Sweeps of the API's due rows: answer batches, send word of them, forget them. Each may run twice, or not finish."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.accounts.models import Organisation
from apps.api.batches import Claimed, claim_batch, finish_batch, forget_batches
from apps.api.inferring import infer_many
from apps.api.schemas import BatchEntry, ErrorDetail
from apps.api.webhooks import claim_delivery, record, send
from apps.core.engines import reply_source
from apps.core.middleware import AWAY
from apps.core.organisation import acting_for
from apps.core.store import in_store

MOST_A_SWEEP = 20
"""Batches or deliveries of one organisation in one sweep, so that none waits for all of another's."""


log = logging.getLogger(__name__)


def _for_each_organisation(work: Callable[[UUID], int]) -> int:
    """The sum of what `work` counts for each. One whose work fails does not cost the others theirs; where a part is
    away, it is for all of them, and the next sweep goes on."""
    done = 0
    for organisation_id in Organisation.objects.values_list("pk", flat=True):
        try:
            done += work(organisation_id)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  (its message may hold words)
            log.error("a sweep failed for organisation %s: %s", organisation_id, type(error).__name__)
    return done


@shared_task(name="api.answer_batches", ignore_result=True)
def answer_batches() -> int:
    """Answer what is due; returns how many batches were finished."""
    return _for_each_organisation(_answer_due)


def _answer_due(organisation_id: UUID) -> int:
    finished = 0
    for _ in range(MOST_A_SWEEP):
        with acting_for(organisation_id):
            claimed = claim_batch(at=timezone.now())
        if claimed is None:
            break
        finished += asyncio.run(_answer(organisation_id, claimed))
    return finished


async def _answer(organisation_id: UUID, claimed: Claimed) -> bool:
    source = reply_source()
    try:
        entries = await _entries(claimed)
    finally:
        if hasattr(source, "aclose"):  # This loop's own connections to the worker end with it.
            await source.aclose()
    return await in_store(organisation_id, partial(finish_batch, claimed.batch_id, entries))


async def _entries(claimed: Claimed) -> Sequence[BatchEntry]:
    if claimed.holder is None:
        return _failed(claimed, "key_revoked", "The key that left this batch works no more.")
    if claimed.spent:
        return _failed(claimed, "interrupted", "Answering this batch was interrupted too often.")
    return await infer_many(claimed.holder, claimed.bodies, batch_id=claimed.batch_id)


def _failed(claimed: Claimed, code: str, message: str) -> list[BatchEntry]:
    error = ErrorDetail(code=code, message=message, request_id="")
    return [BatchEntry(index=index, error=error) for index in range(len(claimed.bodies))]


@shared_task(name="api.send_webhooks", ignore_result=True)
def send_webhooks() -> int:
    """Try what is due; returns how many tries were made."""
    return _for_each_organisation(_send_due)


def _send_due(organisation_id: UUID) -> int:
    tried = 0
    for _ in range(MOST_A_SWEEP):
        with acting_for(organisation_id):
            letter = claim_delivery(at=timezone.now())
        if letter is None:
            break
        outcome = send(letter)
        with acting_for(organisation_id):
            record(letter.delivery_id, outcome)
        tried += 1
    return tried


@shared_task(name="api.forget_batches", ignore_result=True)
def forget() -> int:
    """Shred what was kept for its day; returns how many batches."""
    return _for_each_organisation(_forget_old)


def _forget_old(organisation_id: UUID) -> int:
    with acting_for(organisation_id):
        return forget_batches(at=timezone.now())
