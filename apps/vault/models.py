"""Wrapped keys: one for an organisation, one for each encounter or person's record. No key is readable here."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class TenantKey(models.Model):
    """An organisation's key, wrapped by the root key. The highest version wraps data keys and says, in
    `min_decrypt_version`, the least that may still unwrap them."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation_id = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    min_decrypt_version = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    root_provider = models.CharField(max_length=40)
    root_version = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "version"], name="tenant_key_version_once"),
            models.CheckConstraint(
                condition=Q(min_decrypt_version__gte=1, min_decrypt_version__lte=F("version")),
                name="tenant_key_min_version_in_range",
            ),
        ]


class DataKey(models.Model):
    """The unit of shredding. A shredded key keeps its row without the key, so that what it sealed reads as erased
    and not as damaged."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation_id = models.UUIDField()
    purpose = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    tenant_key = models.ForeignKey(TenantKey, on_delete=models.PROTECT, related_name="data_keys")
    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField(default=timezone.now)
    shredded_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True, help_text="Legal hold since; shredding is refused")

    class Meta:
        indexes = [
            models.Index(fields=["organisation_id", "purpose", "subject_id"], name="data_key_by_subject")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True, shredded_at__isnull=False)
                | Q(wrapped__isnull=False, shredded_at__isnull=True),
                name="data_key_shredded_or_whole",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True) | Q(shredded_at__isnull=True), name="data_key_held_is_whole"
            ),
        ]
