"""Keys that let another system in, batches it left to be answered, the word sent when one is, and what was flagged.

All of it is walled by organisation. What was asked and answered is sealed under a key of the batch's own, which is
shredded at the end of its keeping.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.accounts.models import Organisation, User
from apps.api.enums import BatchStatus, DeliveryStatus
from apps.safety.models import Flag


class ApiKey(models.Model):
    """A key acts as its owner, within its scopes. Only the SHA-256 of its 256 random bits is kept.

    `prefix` is the beginning that people recognise it by; `signing_sealed` the secret that signs its webhooks.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60, blank=True)
    prefix = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    data_key_id = models.UUIDField()
    signing_sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["organisation", "-created_at"], name="api_key_of_organisation")]

    def __str__(self) -> str:
        return self.prefix


class Batch(models.Model):
    """Requests left to be answered later. `due_at`: when somebody should (again) answer it; a lease, while one does."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="batches")
    data_key_id = models.UUIDField()
    count = models.PositiveSmallIntegerField()
    failed = models.PositiveSmallIntegerField(default=0)
    flagged = models.PositiveSmallIntegerField(default=0, db_default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=BatchStatus.choices, default=BatchStatus.WAITING)
    asked_sealed = models.BinaryField()
    answered_sealed = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    forget_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status=BatchStatus.WAITING), name="batch_due"),
            models.Index(
                fields=["forget_at"], condition=~Q(status=BatchStatus.EXPIRED), name="batch_to_forget"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1, count__lte=32), name="batch_of_at_most_32"),
            models.CheckConstraint(
                condition=Q(status=BatchStatus.WAITING, finished_at__isnull=True)
                | ~Q(status=BatchStatus.WAITING),
                name="batch_waiting_is_not_finished",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Delivery(models.Model):
    """Word of a finished batch, to be sent to the address that was left with it. `due_at`: when to try (again)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="delivery")
    address_sealed = models.BinaryField()
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status=DeliveryStatus.DUE), name="delivery_due")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Attempt(models.Model):
    """One try at a delivery: what came of it, in codes. `http_status` is None where nobody answered."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts")
    at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=20)
    http_status = models.PositiveSmallIntegerField(null=True)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["at"]


class FlaggedRequest(models.Model):
    """What a flag is about that came through a key. No word of it was kept: whoever looks asks the caller, who knows it
    by `request_id`. `user` is the pseudonym of the caller's user; `facts` what was heard, in codes and numbers."""

    flag = models.OneToOneField(Flag, on_delete=models.PROTECT, primary_key=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="flagged")
    request_id = models.CharField(max_length=64)
    user = models.CharField(max_length=32, blank=True)
    facts = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="flagged_seen_by_somebody",
            )
        ]
        indexes = [
            models.Index(fields=["organisation"], condition=Q(seen_at__isnull=True), name="flagged_open"),
            models.Index(fields=["request_id"], name="flagged_request"),
        ]

    def __str__(self) -> str:
        return self.request_id
