"""The log as Django reads it. The tables belong to the role `pixelated_audit`; migrations make them by hand."""

from django.db import models


class Entry(models.Model):
    """One thing that happened. Readable inside `acting_for` its organisation; entries of no organisation are read by
    the owner alone. Written by `services` and never changed."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    organisation_id = models.UUIDField(null=True)
    body = models.BinaryField()
    prev = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        managed = False
        db_table = '"audit"."entry"'
        ordering = ["seq"]
        verbose_name_plural = "entries"
