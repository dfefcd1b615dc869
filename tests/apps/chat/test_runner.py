import asyncio
from uuid import uuid4

import pytest

from apps.chat import runner
from apps.chat.frames import Frame
from apps.chat.hub import hub
from apps.core.organisation import acting_for
from apps.core.store import in_store
from apps.encounters import services
from apps.encounters.answering import FixedReply, Plan
from apps.encounters.enums import Source, TurnStatus
from apps.encounters.models import Encounter, Turn
from apps.encounters.services import Ending

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def turn(encounter: Encounter) -> Turn:
    with acting_for(encounter.organisation_id):
        return services.open_turn(
            services.locked(encounter.pk), client_id=uuid4(), text="Hello.", parent_id=None, continues=True
        ).turn


class Follower:
    def __init__(self) -> None:
        self.hints: list[Frame | None] = []

    def hint(self, frame: Frame | None) -> None:
        self.hints.append(frame)


async def test_followers_look_for_themselves_where_the_turn_turns_out_to_be_closed(turn: Turn) -> None:
    """As when the line to the database broke after the commit that closed it, and before its answer."""
    follower = Follower()
    hub.join(turn.encounter_id, follower)
    ended = Ending(TurnStatus.ANSWERED, Source.AUTHORED)
    await in_store(turn.organisation_id, lambda: services.close_turn(turn, ended))
    plan = Plan(fixed=FixedReply(("Still here.",), Source.AUTHORED))
    await runner._close(runner.Answering(turn.organisation_id, turn, plan, asyncio.Event()), ended)
    hub.leave(turn.encounter_id, follower)
    assert follower.hints == [None]
