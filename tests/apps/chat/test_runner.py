import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
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
from inference.contracts import (
    Finding,
    FinishedEvent,
    Message,
    ModelName,
    ReplyRequest,
    SegmentEvent,
    WordingLimits,
)
from inference.testing import ScriptedEngine

pytestmark = [pytest.mark.django_db(transaction=True)]

SPOKE = ModelName("Small", "1", "client@0123456789ab", "client 7")


@pytest.fixture
def turn(encounter: Encounter) -> Turn:
    with acting_for(encounter.organisation_id):
        return services.open_turn(
            services.locked(encounter.pk), client_id=uuid4(), text="Hello.", parent_id=None, continues=True
        ).turn


class NamedEngine(ScriptedEngine):
    """Speaks under an adapter's name, as a worker that has one does."""

    async def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        async for event in super().reply(request):
            yield replace(event, model=SPOKE)


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


@pytest.mark.parametrize("findings", [(), (Finding("role_break", 1.0, "", detector="wording"),)])
async def test_the_turn_keeps_which_adapter_worded_it_shown_or_withheld(
    turn: Turn, monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...]
) -> None:
    monkeypatch.setattr(
        runner, "reply_source", lambda: NamedEngine(lines=("I suppose so.",), findings=findings)
    )
    request = ReplyRequest("r", "client", (Message("user", "Hello."),), WordingLimits("Marcus"))
    plan = Plan(FixedReply(("Fine.",), Source.AUTHORED), request, versions={"policy": "p"})
    answering = runner.Answering(turn.organisation_id, turn, plan, asyncio.Event())
    await runner._answer(answering)

    kept = await in_store(turn.organisation_id, lambda: Turn.objects.get(pk=turn.pk))
    assert kept.source == (Source.AUTHORED if findings else Source.MODEL)
    assert kept.versions == {
        "policy": "p",
        "model": "Small",
        "revision": "1",
        "adapter": "client@0123456789ab",
        "card": "client 7",
    }


async def test_a_practice_turn_asks_the_clients_adapter_and_the_bare_model_in_one_request(
    open_browser, engine
) -> None:
    fake = engine(lines=("It was a long week.",))
    browser = await open_browser()
    await browser.send_turn("What brings you here?")
    await browser.until("turn.finished")
    (request,) = fake.requests
    assert request.adapted.adapter == "client"
    assert request.adapted.messages[-1].text.startswith("What brings you here? [")
    assert request.messages[-1].text == "What brings you here?"
