"""The words that encounters, turns and events are described with."""

from django.db.models import TextChoices


class Mode(TextChoices):
    PRACTICE = "practice", "Practice"
    SUPPORT = "support", "Support"


class EncounterStatus(TextChoices):
    LIVE = "live", "In progress"
    ENDED = "ended", "Ended"


class TurnStatus(TextChoices):
    """Every turn ends in exactly one of these but OPEN."""

    OPEN = "OPEN", "Being answered"
    ANSWERED = "ANSWERED", "Answered"
    REPLACED = "REPLACED", "Answered in other words"
    STOPPED = "STOPPED", "Stopped by you"
    FAILED = "FAILED", "Not answered"
    CANCELLED = "CANCELLED", "Withdrawn"


class Source(TextChoices):
    """Whose words a reply is made of."""

    NONE = "none", "No words"
    MODEL = "model", "The model's words"
    AUTHORED = "authored", "An authored line"
    PROTOCOL = "protocol", "Fixed words"


class UtteranceKind(TextChoices):
    OPENING = "opening", "Opening"
    HELPER = "helper", "A helper"
    NOTICE = "notice", "Notice"


class EventKind(TextChoices):
    """What the encounter's order holds; the values are the frames' names on the socket."""

    UTTERANCE = "utterance"
    ACCEPTED = "turn.accepted"
    SEGMENT = "turn.segment"
    REPLACED = "turn.replaced"
    FINISHED = "turn.finished"
    PANEL = "crisis.panel"
    NOTICE = "notice"
    ENDED = "encounter.ended"
