"""The roles a person may hold in an organisation."""

from django.db.models import TextChoices


class Role(TextChoices):
    TRAINEE = "trainee", "Trainee or therapist"
    SUPERVISOR = "supervisor", "Supervisor"
    SEEKER = "seeker", "Person seeking support"
    REVIEWER = "reviewer", "Clinical reviewer"
    ADMINISTRATOR = "administrator", "Administrator"
    AUDITOR = "auditor", "Auditor"
    ENGINEER = "engineer", "Engineer"
