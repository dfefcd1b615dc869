from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.core.organisation import acting_for
from apps.encounters import services
from apps.encounters.models import Encounter
from apps.encounters.signals import moved_on
from tests.cast import CastMember


@pytest.fixture
def told() -> Iterator[list[tuple[UUID, int]]]:
    """What listeners were told, as (encounter, number)."""
    heard: list[tuple[UUID, int]] = []

    def listen(sender: object, encounter_id: UUID, seq: int, **kwargs: object) -> None:
        heard.append((encounter_id, seq))

    moved_on.connect(listen)
    yield heard
    moved_on.disconnect(listen)


def test_ending_is_told_after_commit_and_once(
    encounter: Encounter, ada: CastMember, told: list, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True), acting_for(encounter.organisation_id):
        services.end_encounter(encounter.pk, actor=ada.actor)
        services.end_encounter(encounter.pk, actor=ada.actor)
        assert told == []
    assert told == [(encounter.pk, 1)]


def test_a_swept_turn_is_told(
    encounter: Encounter, client_id: UUID, told: list, django_capture_on_commit_callbacks
) -> None:
    with acting_for(encounter.organisation_id):
        services.open_turn(
            services.locked(encounter.pk), client_id=client_id, text="Hello.", parent_id=None, continues=True
        )
    with django_capture_on_commit_callbacks(execute=True), acting_for(encounter.organisation_id):
        services.close_overdue_turns(at=timezone.now() + timedelta(hours=1))
    assert told == [(encounter.pk, 2)]
