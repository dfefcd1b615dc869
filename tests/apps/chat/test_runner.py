import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

import pytest

from apps.accounts import remote_engine as outside
from apps.chat import runner
from apps.chat.errors import FAILURES
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
from inference.engine.judge import judge, refuses
from inference.engine.remote import RemoteEngine
from inference.engine.remote_setting import RemoteSetting
from inference.server import create_app
from inference.testing import ScriptedEngine
from tests.apps.api.conftest import serving
from tests.cast import CastMember
from tests.openai_service import Service, running_service
from tests.tiny_worker import SECRET, running_tiny_worker

pytestmark = [pytest.mark.django_db(transaction=True)]

SERVICE = "Outside Words"
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


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def agreed(ada: CastMember, omar: CastMember, settings: object) -> None:
    settings.REMOTE_ENGINE = SERVICE
    outside.turn_on(by=omar.actor)
    outside.agree(by=ada.actor)


@pytest.fixture
def worker(settings: object, service: Service, agreed: None) -> Iterator[Callable[[str], ScriptedEngine]]:
    """The real server; its own engine, whose words nobody should hear, beside the service that answers in this way."""
    with ExitStack() as stack:

        def start(way: str) -> ScriptedEngine:
            own = ScriptedEngine(lines=("These are our own words.",))
            setting = RemoteSetting(f"{service.url}/v1", way, SERVICE)
            remote = RemoteEngine(setting, judge=judge, refuses=refuses) if way else None
            settings.INFERENCE_URL = stack.enter_context(serving(create_app(own, secret="s", remote=remote)))
            settings.WORKER_SECRET, settings.ENGINE = "s", "worker"
            return own

        yield start


async def said_by(browser: object) -> tuple[list[str], dict[str, object]]:
    await browser.send_turn("It stings to be sent here without being asked.")
    finished = await browser.until("turn.finished")
    return [frame["text"] for frame in browser.frames if frame["type"] == "turn.segment"], finished


async def test_a_turn_is_worded_by_the_service_outside_and_says_so(worker, open_browser, encounter) -> None:
    own = worker("normal")
    words, finished = await said_by(await open_browser())
    assert words == ["I came because my boss sent me.", "It was not my idea, to be honest."]
    assert (finished["status"], finished["source"]) == ("ANSWERED", "model")
    kept = await in_store(
        encounter.organisation_id, lambda: Turn.objects.get(encounter_id=encounter.pk).versions
    )
    assert (kept["remote_engine"], kept["model"]) == (SERVICE, "normal")
    assert own.requests == []


@pytest.mark.parametrize("way", ["away", "garbage"])
async def test_where_the_service_says_nothing_the_author_speaks_and_no_other_engine(
    way: str, worker, open_browser
) -> None:
    own = worker(way)
    words, finished = await said_by(await open_browser())
    assert (len(words), finished["source"]) == (1, "authored")
    assert own.requests == []


async def test_where_the_service_is_not_offered_the_turn_says_so_in_our_words(worker, open_browser) -> None:
    own = worker("")
    words, finished = await said_by(await open_browser())
    assert (words, finished["status"], finished["error"]["code"]) == ([], "FAILED", "engine_not_offered")
    assert finished["error"]["message"] == FAILURES["engine_not_offered"]
    assert own.requests == []


@pytest.fixture(scope="module")
def tiny_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_tiny_worker(tmp_path_factory.mktemp("tiny")) as address:
        yield address


@pytest.mark.parametrize("letter", ["well ", "\N{WORRIED FACE}"])
async def test_a_turn_longer_than_the_model_can_hold_is_answered_by_the_author(
    letter: str, tiny_address: str, open_browser, settings: object
) -> None:
    settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = tiny_address, SECRET, "worker"
    browser = await open_browser()
    await browser.send_turn(letter * (4000 // len(letter)))
    finished = await browser.until("turn.finished")
    assert (finished["status"], finished["source"], finished["error"]) == ("ANSWERED", "authored", None)
    assert [frame["type"] for frame in browser.frames].count("turn.segment") == 1
