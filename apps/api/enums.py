"""The words that keys, batches and deliveries are described with."""

from django.db.models import TextChoices


class Scope(TextChoices):
    """What a key may be used for."""

    INFER = "infer", "Ask for replies"
    ADMIN = "admin", "Look at the worker and reload its model"
    ENCOUNTERS = "encounters", "Start sessions"


class BatchStatus(TextChoices):
    """A batch ends in FINISHED, whatever became of its entries; EXPIRED once what it held was forgotten."""

    WAITING = "waiting", "Waiting"
    FINISHED = "finished", "Finished"
    EXPIRED = "expired", "Forgotten"


class DeliveryStatus(TextChoices):
    DUE = "due", "To be sent"
    DELIVERED = "delivered", "Taken"
    GIVEN_UP = "given_up", "Given up"
