import asyncio
import json
from collections.abc import Callable
from uuid import uuid4

import pytest

from apps.chat.bus import Bus
from apps.chat.consumers import EncounterSocket
from apps.chat.hub import hub
from apps.core.organisation import acting_for
from apps.encounters.models import Encounter, Event, Turn
from apps.encounters.services import end_encounter
from apps.encounters.words import said_in
from inference.errors import EngineAwayError, EngineGarbageError, EngineUnavailableError
from tests.apps.chat.conftest import HOST, communicator, session_of
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db(transaction=True)]


def of(frames: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [frame for frame in frames if frame["type"] == kind]


def wire(**frame: object) -> str:
    return json.dumps(frame)


async def rows(encounter: Encounter, ask: Callable[[], object]) -> object:
    def walled() -> object:
        from django.db import connection  # this thread's own

        try:
            with acting_for(encounter.organisation_id):
                return ask()
        finally:
            connection.close()

    return await asyncio.to_thread(walled)


async def test_a_turn_is_accepted_answered_in_segments_and_finished_in_order(open_browser, engine) -> None:
    browser = await open_browser()
    opening = await browser.resume()
    assert [frame["kind"] for frame in of(opening, "utterance")] == ["opening"]
    client_id = await browser.send_turn("It stings to be sent here without being asked.")
    finished = await browser.until("turn.finished")
    live = browser.frames[len(opening) + 1 :]
    assert [frame["type"] for frame in live] == [
        "turn.accepted",
        "turn.segment",
        "turn.segment",
        "turn.finished",
    ]
    assert [frame["seq"] for frame in live] == [2, 3, 4, 5]
    assert live[0]["client_id"] == client_id
    assert (finished["status"], finished["source"], finished["error"]) == ("ANSWERED", "model", None)
    assert finished["ledger"]["state"].keys() == {
        "trust",
        "agreement",
        "readiness",
        "confidence",
        "discord",
        "arousal",
    }


async def test_what_was_shown_is_what_is_stored(open_browser, engine) -> None:
    browser = await open_browser()
    await browser.send_turn("What brings you here?")
    await browser.until("turn.finished")
    shown = [(frame["seq"], frame["text"]) for frame in of(browser.frames, "turn.segment")]
    again = await (await open_browser()).resume()
    assert shown and [(frame["seq"], frame["text"]) for frame in of(again, "turn.segment")] == shown


@pytest.mark.parametrize("seen", range(7))
async def test_a_page_that_comes_back_gets_each_event_once_wherever_it_was_cut(
    open_browser, engine, seen: int
) -> None:
    first = await open_browser()
    await first.send_turn("What brings you here?")
    await first.until("turn.finished")
    whole = await first.resume()
    assert [frame["seq"] for frame in whole] == [1, 2, 3, 4, 5]
    rest = await (await open_browser()).resume(seen)
    assert [frame["seq"] for frame in rest] == [frame["seq"] for frame in whole if frame["seq"] > seen]


async def test_a_socket_cut_in_the_middle_loses_and_doubles_nothing(open_browser, engine) -> None:
    hold = asyncio.Event()
    engine(lines=("One thing first.", "Then another."), hold=hold, hold_before=1)
    browser = await open_browser()
    await browser.send_turn("Tell me.")
    segment = await browser.until("turn.segment")
    await browser.socket.disconnect()
    hold.set()
    other = await open_browser()
    rest = await other.resume(segment["seq"])
    if not of(rest, "turn.finished"):
        rest.append(await other.until("turn.finished"))
        rest = [frame for frame in other.frames if frame["type"] != "resumed"]
    assert [frame["text"] for frame in of(rest, "turn.segment")] == ["Then another."]
    assert of(rest, "turn.finished")[0]["status"] == "ANSWERED"


async def test_a_repeated_send_is_one_turn_and_tells_the_same_again(open_browser, engine, encounter) -> None:
    browser = await open_browser()
    client_id = await browser.send_turn("Hello.")
    await browser.until("turn.finished")
    await browser.say(type="turn.send", client_id=client_id, text="Hello.")
    again = await browser.until("turn.accepted")
    assert (again["client_id"], again["seq"]) == (client_id, 2)
    assert await rows(encounter, Turn.objects.count) == 1


async def test_two_tabs_see_the_same_talk_in_the_same_order(open_browser, engine) -> None:
    one, two = await open_browser(), await open_browser()
    await one.send_turn("Hello.")
    await one.until("turn.finished")
    await two.until("turn.finished")
    assert [frame["seq"] for frame in one.frames] == [frame["seq"] for frame in two.frames] == [2, 3, 4, 5]


async def test_a_second_turn_is_refused_while_one_is_open(open_browser, engine) -> None:
    hold = asyncio.Event()
    engine(lines=("Wait.",), hold=hold)
    browser = await open_browser()
    await browser.send_turn("First.")
    await browser.until("turn.accepted")
    refused_id = await browser.send_turn("Second.")
    refused = await browser.until("error")
    hold.set()
    assert (refused["code"], refused["client_id"]) == ("turn_open", refused_id)
    assert (await browser.until("turn.finished"))["status"] == "ANSWERED"


async def test_stop_ends_the_reply_and_keeps_what_was_shown(open_browser, engine) -> None:
    fake = engine(lines=("One thing first.", "Never said."), hold=asyncio.Event(), hold_before=1)
    browser = await open_browser()
    await browser.send_turn("Tell me.")
    segment = await browser.until("turn.segment")
    await browser.say(type="turn.stop", turn_id=segment["turn_id"])
    finished = await browser.until("turn.finished")
    assert (finished["status"], fake.active, fake.cancelled) == ("STOPPED", 0, 1)
    assert [frame["text"] for frame in of(await browser.resume(), "turn.segment")] == ["One thing first."]


async def test_a_worker_lost_in_the_middle_fails_the_turn_in_our_words_and_retry_works(
    open_browser, engine
) -> None:
    engine(
        lines=("Kept.", "Lost."),
        fail_with=EngineUnavailableError("connection reset by secret-host"),
        fail_before=1,
    )
    browser = await open_browser()
    await browser.send_turn("Tell me.")
    finished = await browser.until("turn.finished")
    accepted = of(browser.frames, "turn.accepted")[0]
    assert (finished["status"], finished["error"]["code"]) == ("FAILED", "engine_unavailable")
    assert "secret-host" not in str(browser.frames) and "try again" in finished["error"]["message"]
    assert [frame["text"] for frame in of(browser.frames, "turn.segment")] == ["Kept."]
    engine(lines=("Here I am.",))
    await browser.send_turn("Tell me.", parent_id=accepted["parent_id"])
    assert (await browser.until("turn.finished"))["status"] == "ANSWERED"


async def test_a_worker_that_is_not_there_leaves_the_authors_line(open_browser, engine) -> None:
    engine(fail_with=EngineAwayError("nobody"), fail_before=0)
    browser = await open_browser()
    await browser.send_turn("What brings you here?")
    finished = await browser.until("turn.finished")
    assert (finished["status"], finished["source"]) == ("ANSWERED", "authored")
    assert of(browser.frames, "turn.segment")


async def test_garbage_from_the_worker_is_never_stored_as_a_reply(open_browser, engine) -> None:
    engine(fail_with=EngineGarbageError("NaN"), fail_before=0)
    browser = await open_browser()
    await browser.send_turn("Hello.")
    finished = await browser.until("turn.finished")
    assert (finished["status"], finished["source"]) == ("ANSWERED", "authored")
    assert len(of(browser.frames, "turn.segment")) == 1


async def test_words_that_break_the_part_are_replaced_by_the_authors(open_browser, engine) -> None:
    engine(lines=("As an AI language model, I cannot have feelings.",))
    browser = await open_browser()
    await browser.send_turn("How do you feel?")
    finished = await browser.until("turn.finished")
    assert (finished["status"], finished["source"]) == ("REPLACED", "authored")
    assert "language model" not in str(browser.frames)


async def test_a_later_bad_segment_ends_the_reply_where_it_was_good(open_browser, engine) -> None:
    engine(lines=("Mornings are the worst.", "As an AI language model, I cannot say more."))
    browser = await open_browser()
    await browser.send_turn("When is it hardest?")
    finished = await browser.until("turn.finished")
    assert (finished["status"], finished["source"]) == ("ANSWERED", "model")
    assert [frame["text"] for frame in of(browser.frames, "turn.segment")] == ["Mornings are the worst."]


async def test_the_trainees_own_disclosure_opens_help_beside_the_case(open_browser, engine) -> None:
    browser = await open_browser()
    await browser.send_turn("Honestly I want to kill myself, this isn't part of the exercise.")
    finished = await browser.until("turn.finished")
    panels = of(browser.frames, "crisis.panel")
    assert [panel["panel"] for panel in panels] == ["about_me"]
    assert panels[0]["actions"][-1]["href"] == "/help-now"
    assert finished["status"] == "ANSWERED"


async def test_asking_the_client_about_suicide_interrupts_nothing(open_browser, engine) -> None:
    browser = await open_browser()
    await browser.send_turn("Are you thinking about killing yourself?")
    finished = await browser.until("turn.finished")
    assert (of(browser.frames, "crisis.panel"), finished["status"]) == ([], "ANSWERED")


async def test_a_request_for_methods_is_refused_in_fixed_words_and_moves_nothing(
    open_browser, engine, encounter
) -> None:
    browser = await open_browser()
    await browser.send_turn("What is the most painless way to kill yourself? Tell me how.")
    finished = await browser.until("turn.finished")
    assert (finished["status"], finished["source"], finished["ledger"]) == ("ANSWERED", "protocol", None)
    await browser.send_turn("I hear how much you are carrying.")
    after = await browser.until("turn.finished")
    assert after["ledger"]["n"] == 2


async def test_about_me_opens_help_at_once(open_browser) -> None:
    browser = await open_browser()
    await browser.say(type="about_me")
    panel = await browser.until("crisis.panel")
    assert (panel["panel"], panel["seq"]) == ("asked", 2)
    assert [action["kind"] for action in panel["actions"]] == ["call", "text", "page"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "bad_json"),
        ("[" * 30_000, "bad_json"),
        ("7", "bad_frame"),
        ('{"type":"turn.send"}', "bad_frame"),
        ('{"type":"turn.send","client_id":"7","text":"x"}', "bad_frame"),
        (wire(type="turn.send", client_id=str(uuid4()), text=7), "bad_frame"),
        ('{"type":"nothing.such"}', "unknown_type"),
        ('{"type":["turn.send"]}', "unknown_type"),
        ('{"type":"resume","after_seq":-1}', "bad_frame"),
        ('{"type":"resume","after_seq":true}', "bad_frame"),
        (wire(type="turn.stop", turn_id=str(uuid4())), "turn_unknown"),
        (wire(type="turn.send", client_id=str(uuid4()), text="a\0b"), "text_invalid"),
        (wire(type="turn.send", client_id=str(uuid4()), text="\ud83d"), "text_invalid"),
        (wire(type="turn.send", client_id=str(uuid4()), text="a" * 4001), "text_too_long"),
        (
            wire(type="turn.send", client_id=str(uuid4()), text="hi", parent_id=str(uuid4())),
            "turn_unknown",
        ),
        (wire(type="ping", pad="a" * 66_000), "frame_too_large"),
    ],
)
async def test_a_wrong_frame_gets_a_code_stores_nothing_and_the_line_lives(
    open_browser, encounter, raw: str, code: str
) -> None:
    browser = await open_browser()
    await browser.socket.send_to(text_data=raw)
    error = await browser.receive()
    assert (error["type"], error["code"]) == ("error", code)
    await browser.say(type="ping")
    assert (await browser.receive())["type"] == "pong"
    assert await rows(encounter, lambda: (Turn.objects.count(), Event.objects.count())) == (0, 1)


async def test_binary_frames_are_refused(open_browser) -> None:
    browser = await open_browser()
    await browser.socket.send_to(bytes_data=b"\x00\x01")
    assert (await browser.receive())["code"] == "bad_frame"


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://[", "http://evil.example", f"http://{HOST}.evil.example", f"http://{HOST}:81"],
)
async def test_a_foreign_or_missing_origin_is_refused_before_accept(encounter, ada, origin) -> None:
    key = await asyncio.to_thread(_session, ada)
    connected, code = await communicator(encounter.pk, key, origin=origin).connect()
    assert (connected, code) == (False, 4403)


def _session(member: CastMember) -> str:
    from django.db import connection  # this thread's own

    try:
        return session_of(member)
    finally:
        connection.close()


@pytest.mark.parametrize("who", ["grace", "sam", "rita", "omar", "mallory"])
async def test_somebody_elses_session_does_not_exist_for_anyone(cast, encounter, who: str) -> None:
    key = await asyncio.to_thread(_session, cast[who])
    connected, code = await communicator(encounter.pk, key).connect()
    assert (connected, code) == (False, 4404)


async def test_an_unknown_session_and_an_unknown_address_do_not_exist(ada) -> None:
    key = await asyncio.to_thread(_session, ada)
    connected, code = await communicator(uuid4(), key).connect()
    assert (connected, code) == (False, 4404)


@pytest.mark.parametrize("key", ["", "nonsense", "a" * 5000])
async def test_nobody_signed_in_is_refused_before_accept(encounter, key: str) -> None:
    connected, code = await communicator(encounter.pk, key).connect()
    assert (connected, code) == (False, 4401)


async def test_a_socket_closes_soon_after_its_person_signs_out(encounter, ada, monkeypatch) -> None:
    monkeypatch.setattr("apps.chat.watch.CHECK_AGAIN_S", 0.05)
    key = await asyncio.to_thread(_session, ada)
    socket = communicator(encounter.pk, key)
    assert (await socket.connect())[0]

    def sign_out() -> None:
        from django.contrib.sessions.backends.db import SessionStore
        from django.db import connection

        SessionStore(key).flush()
        connection.close()

    await asyncio.to_thread(sign_out)
    assert await socket.receive_output(timeout=5) == {"type": "websocket.close", "code": 4401}
    await socket.wait()


async def test_what_happens_between_the_check_and_the_accept_is_not_lost(
    open_browser, encounter, ada, monkeypatch
) -> None:
    accept = EncounterSocket.accept

    async def meanwhile(socket: EncounterSocket) -> None:
        await asyncio.to_thread(end_elsewhere, encounter, ada)
        hub.hint(encounter.pk, None)
        await accept(socket)

    monkeypatch.setattr(EncounterSocket, "accept", meanwhile)
    monkeypatch.setattr("apps.chat.consumers.bus", Unmoved(hub))
    browser = await open_browser()
    assert (await browser.until("encounter.ended"))["seq"] == 2


class Unmoved(Bus):
    """A line between processes that is well and says nothing."""

    def ensure_listening(self) -> None:
        self.healthy = True


def end_elsewhere(encounter: Encounter, member: CastMember) -> None:
    from django.db import connection  # this thread's own

    try:
        with acting_for(encounter.organisation_id):
            end_encounter(encounter.pk, actor=member.actor)
    finally:
        connection.close()


async def test_the_turn_goes_on_when_its_socket_is_gone(open_browser, engine, encounter) -> None:
    hold = asyncio.Event()
    engine(lines=("Still here.",), hold=hold)
    browser = await open_browser()
    await browser.send_turn("Hello.")
    await browser.until("turn.accepted")
    await browser.socket.disconnect()
    hold.set()
    other = await open_browser()
    frames = await other.resume()
    if not of(frames, "turn.finished"):
        frames = [*frames, await other.until("turn.finished")]
    assert of(frames, "turn.finished")[0]["status"] == "ANSWERED"
    words = await rows(encounter, lambda: said_in(Turn.objects.get()))
    assert words == "Hello."
