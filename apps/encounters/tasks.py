"""Sweeps that end what nobody answers any more. Each finds its work in the database and may run twice."""

from celery import shared_task
from django.utils import timezone

from apps.accounts.models import Organisation
from apps.core.organisation import acting_for
from apps.encounters import services


@shared_task(name="encounters.sweep_abandoned_turns", ignore_result=True)
def sweep_abandoned_turns() -> int:
    """Close turns whose answerer went silent, organisation by organisation; returns how many."""
    count = 0
    for organisation_id in Organisation.objects.values_list("pk", flat=True):
        with acting_for(organisation_id):
            count += len(services.close_overdue_turns(at=timezone.now()))
    return count
