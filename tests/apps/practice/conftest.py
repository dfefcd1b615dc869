"""A practice encounter with a few turns in it, taken and closed through the product's own services."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from apps.chat import turns
from apps.chat.frames import Send
from apps.core.organisation import acting_for
from apps.encounters import services
from apps.encounters.answering import Plan
from apps.encounters.enums import Source, TurnStatus
from apps.encounters.models import Encounter, Turn
from apps.practice.services import start_practice
from apps.safety.asking import NOT_ASKED, Assessed
from tests.cast import CastMember
from tests.factories import a_version


@pytest.fixture
def start(ada: CastMember) -> Callable[..., Encounter]:
    def begin(slug: str = "marcus-bell", *, seed: int = 7) -> Encounter:
        with acting_for(ada.actor.organisation_id):
            return start_practice(a_version(ada.actor.organisation_id, slug), actor=ada.actor, seed=seed)

    return begin


@pytest.fixture
def say(ada: CastMember) -> Callable[..., tuple[Turn, Plan]]:
    """Take a turn and close it with its fixed words, as if the worker were away."""

    def take(
        encounter: Encounter,
        text: str,
        *,
        status: TurnStatus = TurnStatus.ANSWERED,
        assessed: Assessed = NOT_ASKED,
        **branch: object,
    ) -> tuple[Turn, Plan]:
        send = Send(**({"client_id": uuid4(), "text": text, "parent_id": None, "continues": True} | branch))
        with acting_for(encounter.organisation_id):
            begun = turns.begin(ada.actor, encounter.pk, send)
            plan = turns.decide(begun, assessed).plan
            assert plan is not None
            if status != TurnStatus.FAILED:
                fixed = plan.fixed
                services.show_segment(begun.turn, fixed.texts[0], n=0, source=fixed.source, cue=plan.cue)
            source = Source.NONE if status == TurnStatus.FAILED else plan.fixed.source
            code = "interrupted" if status == TurnStatus.FAILED else ""
            turns.close(
                begun.turn,
                services.Ending(status, source, error_code=code, versions=dict(plan.versions)),
                told=plan.told,
            )
        return begun.turn, plan

    return take
