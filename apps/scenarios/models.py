"""Authored clients as an organisation holds them. A version never changes: an encounter points at what was played."""

from uuid import uuid4

from django.db import models

from apps.accounts.models import Organisation


class Scenario(models.Model):
    """A client as people look for them; what is played is a version."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    slug = models.SlugField(max_length=80)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="scenario_slug_once")]

    def __str__(self) -> str:
        return self.slug


class ScenarioVersion(models.Model):
    """The text of a case, frozen: a trigger refuses every UPDATE. `digest` is the SHA-256 of `source`."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    source = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["scenario", "number"], name="scenario_version_number_once"),
            models.UniqueConstraint(fields=["scenario", "digest"], name="scenario_version_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} v{self.number}"
