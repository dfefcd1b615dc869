"""One sitting, the tree of its turns, and the single order in which everything in it was shown.

Every word a person or a model wrote is sealed under the encounter's own key. `Event` is the order: a browser that was
away asks for what came after the last number it saw. Facts in JSON columns are codes and numbers, never words.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.accounts.models import Organisation, User
from apps.encounters.enums import EncounterStatus, EventKind, Mode, Source, TurnStatus, UtteranceKind
from apps.scenarios.models import ScenarioVersion


class Encounter(models.Model):
    """`last_seq` is the number of its newest event; raising it takes the row's lock until commit."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=16, choices=Mode.choices)
    scenario_version = models.ForeignKey(
        ScenarioVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    data_key_id = models.UUIDField()
    remote_engine = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="the service outside that was agreed to when it began, by its name",
    )
    seed = models.BigIntegerField()
    status = models.CharField(max_length=8, choices=EncounterStatus.choices, default=EncounterStatus.LIVE)
    last_seq = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["organisation", "person", "-started_at"], name="encounter_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=EncounterStatus.LIVE, ended_at__isnull=True)
                | Q(status=EncounterStatus.ENDED, ended_at__isnull=False),
                name="encounter_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(mode=Mode.SUPPORT) | Q(scenario_version__isnull=False),
                name="encounter_practice_has_a_scenario",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Turn(models.Model):
    """One message from the person and the one reply. `n` is its depth in its branch, from 1.

    `due_at` is when whoever answers it must have spoken again; a sweep closes what is overdue.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="turns")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    client_id = models.UUIDField()
    n = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=TurnStatus.choices, default=TurnStatus.OPEN)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.NONE)
    text_sealed = models.BinaryField()
    heard = models.JSONField(default=dict)
    versions = models.JSONField(default=dict)
    timings = models.JSONField(default=dict)
    error_code = models.CharField(max_length=40, blank=True)
    stop_requested = models.BooleanField(default=False)
    opened_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["encounter", "client_id"], name="turn_once_per_client_id"),
            models.UniqueConstraint(
                fields=["encounter"], condition=Q(status=TurnStatus.OPEN), name="turn_one_open_per_encounter"
            ),
            models.UniqueConstraint(fields=["encounter", "id"], name="turn_in_its_encounter"),
            models.CheckConstraint(condition=Q(status__in=TurnStatus.values), name="turn_known_status"),
            models.CheckConstraint(
                condition=Q(status=TurnStatus.OPEN, closed_at__isnull=True)
                | (~Q(status=TurnStatus.OPEN) & Q(closed_at__isnull=False)),
                name="turn_closed_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=TurnStatus.FAILED) | ~Q(error_code=""), name="turn_failed_says_why"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(status=TurnStatus.OPEN), name="turn_overdue")]

    def __str__(self) -> str:
        return str(self.pk)


class Segment(models.Model):
    """A sentence-sized piece of a reply that was judged and then shown; `seq` is its place in the encounter."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="segments")
    n = models.PositiveIntegerField()
    source = models.CharField(max_length=10, choices=Source.choices)
    cue = models.CharField(max_length=60, blank=True)
    text_sealed = models.BinaryField()
    findings = models.JSONField(default=list)
    shown_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["turn", "n"], name="segment_once_per_place")]


class Utterance(models.Model):
    """Anything shown that is no reply to a turn."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="utterances")
    kind = models.CharField(max_length=10, choices=UtteranceKind.choices)
    cue = models.CharField(max_length=60, blank=True)
    text_sealed = models.BinaryField()
    shown_at = models.DateTimeField(auto_now_add=True)


class Event(models.Model):
    """One place in an encounter's order. Written in the transaction that made it true, read by every socket."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, null=True, related_name="+")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, null=True, related_name="+")
    utterance = models.ForeignKey(Utterance, on_delete=models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "seq"], name="event_one_order"),
            models.CheckConstraint(condition=Q(seq__gt=0), name="event_counts_from_one"),
        ]
