"""What each turn of a practice encounter did to the client, as it was decided. Numbers and codes, never words."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.accounts.models import Organisation
from apps.encounters.models import Turn


def _in_range(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{name}__gte": 0, f"{name}__lte": 100}), name=f"reaction_{name}_in_range"
    )


class Reaction(models.Model):
    """The client's reaction to one turn: the state after it (0-100), the act, and what the branch remembers.

    `ledger` is the entry people read; `memory` restarts the branch from here. Counts only where the turn was answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="reaction")
    trust = models.PositiveSmallIntegerField()
    agreement = models.PositiveSmallIntegerField()
    readiness = models.PositiveSmallIntegerField()
    confidence = models.PositiveSmallIntegerField()
    discord = models.PositiveSmallIntegerField()
    arousal = models.PositiveSmallIntegerField()
    act = models.CharField(max_length=40)
    line_id = models.CharField(max_length=80, blank=True)
    ledger = models.JSONField()
    memory = models.JSONField()

    class Meta:
        constraints = [
            _in_range("trust"),
            _in_range("agreement"),
            _in_range("readiness"),
            _in_range("confidence"),
            _in_range("discord"),
            _in_range("arousal"),
        ]
