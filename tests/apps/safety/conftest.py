"""A turn of ada's that was just opened."""

from uuid import uuid4

import pytest

from apps.core.organisation import acting_for
from apps.encounters import services
from apps.encounters.models import Turn
from apps.practice.services import start_practice
from tests.cast import CastMember
from tests.factories import a_version


@pytest.fixture
def turn(ada: CastMember) -> Turn:
    with acting_for(ada.actor.organisation_id):
        encounter = start_practice(a_version(ada.actor.organisation_id), actor=ada.actor, seed=7)
        return services.open_turn(
            services.locked(encounter.pk), client_id=uuid4(), text="Hello.", parent_id=None, continues=True
        ).turn
