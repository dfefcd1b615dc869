"""Sends word of finished batches: signed, without words, again and later where nobody took it.

`Pixelated-Signature: t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 of `<t>.<body>` under the key's signing
secret: whoever takes it refuses an old `t`, and an `id` in the body that was taken before. The body names the batch;
its results are read with a key. Rows are the work: see `Delivery.due_at`.
"""

import asyncio
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
from django.conf import settings
from django.utils import timezone

from apps.api.addresses import Address, Resolve, checked_address, resolved
from apps.api.batches import address_place
from apps.api.enums import DeliveryStatus
from apps.api.errors import UnfitError
from apps.api.models import Attempt, Delivery
from apps.api.services import signing_secret
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.vault import services as vault

SIGNATURE = "Pixelated-Signature"
WITHIN_S = 5.0
"""For the whole of a try: an end that drips its answer must not hold up everybody's."""
LEASE = timedelta(minutes=1)
WAITS = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600))
"""How long until the next try after each that failed; after the last of them it is given up."""
GONE = 410


@dataclass(frozen=True)
class Letter:
    """All that is needed to try a delivery once, outside any transaction."""

    delivery_id: UUID
    address: str
    body: bytes
    secret: str


@dataclass(frozen=True)
class Outcome:
    """What came of a try, in codes: taken, refused, timeout, unreachable, unfit."""

    code: str
    http_status: int | None = None
    took_ms: int = 0

    @property
    def final(self) -> bool:
        """It will not help to try again."""
        return self.http_status == GONE


def signature(secret: str, body: bytes, *, at: int) -> str:
    """The header's value; `at` is in unix seconds."""
    mac = hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()
    return f"t={at},v1={mac}"


def claim_delivery(*, at: datetime) -> Letter | None:
    """Take a delivery that is due, for the time of a lease. Call inside `acting_for`."""
    delivery = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("batch__key")
        .filter(status=DeliveryStatus.DUE, due_at__lte=at)
        .order_by("due_at")
        .first()
    )
    if delivery is None:
        return None
    delivery.tries, delivery.due_at = delivery.tries + 1, at + LEASE
    delivery.save(update_fields=["tries", "due_at"])
    batch = delivery.batch
    said = {
        "type": "batch.finished",
        "id": str(delivery.pk),
        "batch_id": str(batch.pk),
        "count": batch.count,
        "failed": batch.failed,
        "flagged": batch.flagged,
        "finished_at": batch.finished_at.isoformat(),
    }
    address = vault.unseal(bytes(delivery.address_sealed), place=address_place(delivery))
    return Letter(delivery.pk, address, json.dumps(said).encode(), signing_secret(batch.key))


def send(letter: Letter, *, resolve: Resolve = resolved, clock: Callable[[], float] = time.time) -> Outcome:
    """One try. Never raises for what the other side does; follows no redirect and reads no answer's body."""
    begun = time.perf_counter()
    try:
        address = checked_address(letter.address, public_only=settings.CALLBACKS_PUBLIC_ONLY, resolve=resolve)
    except UnfitError:
        return Outcome("unfit")
    headers = {
        "Host": address.host_header,
        "Content-Type": "application/json",
        "User-Agent": "pixelated-empathy-webhook/1",
        SIGNATURE: signature(letter.secret, letter.body, at=int(clock())),
    }
    code, status = "unreachable", None
    try:
        status = asyncio.run(_status(address, letter.body, headers))
        code = "taken" if 200 <= status < 300 else "refused"
    except (httpx.TimeoutException, TimeoutError):
        code = "timeout"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        code = "unreachable"
    return Outcome(code, status, int((time.perf_counter() - begun) * 1000))


async def _status(address: Address, body: bytes, headers: dict[str, str]) -> int:
    """The status that the other end answers with, asked at the number that was looked at."""
    async with (
        asyncio.timeout(WITHIN_S),
        httpx.AsyncClient(timeout=WITHIN_S, trust_env=False, follow_redirects=False) as http,
        http.stream(
            "POST", address.url, content=body, headers=headers, extensions={"sni_hostname": address.host}
        ) as answer,
    ):
        return answer.status_code


def record(delivery_id: UUID, outcome: Outcome) -> Delivery:
    """Write down what came of a try, and when the next is due. Call inside `acting_for`."""
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    Attempt.objects.create(
        organisation_id=delivery.organisation_id,
        delivery=delivery,
        outcome=outcome.code,
        http_status=outcome.http_status,
        took_ms=outcome.took_ms,
    )
    if delivery.status != DeliveryStatus.DUE:
        return delivery
    if outcome.code == "taken":
        delivery.status, delivery.due_at = DeliveryStatus.DELIVERED, None
    elif outcome.final or delivery.tries > len(WAITS):
        delivery.status, delivery.due_at = DeliveryStatus.GIVEN_UP, None
    else:
        delivery.due_at = timezone.now() + WAITS[delivery.tries - 1]
    delivery.save(update_fields=["status", "due_at"])
    if delivery.status != DeliveryStatus.DUE:
        _audit(delivery)
    return delivery


def _audit(delivery: Delivery) -> None:
    taken = delivery.status == DeliveryStatus.DELIVERED
    audit.append(
        Action.WEBHOOK_DELIVERED if taken else Action.WEBHOOK_GIVEN_UP,
        actor_id=None,
        organisation_id=delivery.organisation_id,
        object_kind="api_batch",
        object_id=delivery.batch_id,
        purpose=f"tries:{delivery.tries}",
    )
