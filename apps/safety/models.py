"""What somebody should look at: a turn, or what was said where no turn is kept. A code and ids, never a word."""

from uuid import uuid4

from django.db import models

from apps.accounts.models import Organisation
from apps.encounters.models import Encounter, Turn
from apps.safety.enums import Reason


class Flag(models.Model):
    """One reason to look at one turn. `due_at`: when somebody should have.

    Without encounter and turn it is about something that an edge keeps beside it: a request of the API.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="flags")
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, null=True, related_name="flags")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    due_at = models.DateTimeField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(fields=["turn", "reason"], name="flag_once_per_reason"),
            models.CheckConstraint(condition=models.Q(reason__in=Reason.values), name="flag_known_reason"),
            models.CheckConstraint(
                condition=models.Q(encounter__isnull=True, turn__isnull=True)
                | models.Q(encounter__isnull=False, turn__isnull=False),
                name="flag_turn_with_its_encounter",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="flag_due")]

    def __str__(self) -> str:
        return str(self.pk)
