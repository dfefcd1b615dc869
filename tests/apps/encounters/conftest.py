"""An encounter of ada's, with a client that needs no library."""

from uuid import uuid4

import pytest

from apps.core.organisation import acting_for
from apps.encounters.enums import Mode
from apps.encounters.models import Encounter
from apps.encounters.services import start_encounter
from tests.cast import CastMember
from tests.factories import a_version


@pytest.fixture
def encounter(ada: CastMember) -> Encounter:
    with acting_for(ada.actor.organisation_id):
        version = a_version(ada.actor.organisation_id)
        return start_encounter(actor=ada.actor, mode=Mode.PRACTICE, scenario_version=version, seed=7)


@pytest.fixture
def client_id() -> object:
    return uuid4()
