"""From the browser to the database: what the worker's layer adds to a turn, and that it never holds one up."""

import asyncio
import json
import logging
import time

import pytest

from apps.encounters.models import Encounter, Turn
from apps.practice.models import Reaction
from apps.safety.models import Flag
from inference.contracts import Assessment, BehaviourCode, Finding, Label
from inference.errors import EngineAwayError
from tests.apps.chat.test_consumers import of, rows

pytestmark = [pytest.mark.django_db(transaction=True)]

JUDGED = {"screen": "s", "crisis": "crisis 1", "head.crisis.kind": "3"}
METHODS = "How many paracetamol would it take to die?"
ABOUT_ME = "Honestly I want to kill myself, this isn't part of the exercise."


def crisis(score: float = 0.95) -> Assessment:
    found = Finding("suicidal", score, "zqwhy", 0, 4, "head.crisis.kind", "3")
    return Assessment((found,), versions=JUDGED, labels=(Label("emotion", "grief", 0.8),))


async def say(browser, text: str) -> dict[str, object]:
    await browser.send_turn(text)
    return await browser.until("turn.finished")


async def the_turn(encounter: Encounter) -> Turn:
    return await rows(encounter, lambda: Turn.objects.get(encounter=encounter))


async def flags(encounter: Encounter) -> list[str]:
    return sorted(await rows(encounter, lambda: [flag.reason for flag in Flag.objects.all()]))


async def test_what_the_worker_saw_is_kept_with_the_turn(open_browser, engine, encounter: Encounter) -> None:
    fake = engine(lines=("I suppose so.",), assessment=crisis())
    await say(await open_browser(), "What brings you here?")
    turn = await the_turn(encounter)
    assert [f["detector"] for f in turn.heard["findings"]["worker"]] == ["head.crisis.kind"]
    assert turn.heard["versions"] == JUDGED
    assert turn.heard["labels"] == [{"name": "emotion", "label": "grief", "confidence": 0.8}]
    assert (turn.heard["partial"], turn.heard["partial_why"]) == (False, "")
    assert turn.timings["assess_ms"] == turn.heard["assess_ms"] < 300
    assert "zqwhy" not in json.dumps(turn.heard)
    assert [(m.role, m.text) for m in fake.assessed[0].messages][-1] == ("user", "What brings you here?")
    assert fake.assessed[0].mode == "practice"


async def test_the_worker_reads_the_talk_so_far(open_browser, engine) -> None:
    fake = engine(lines=("It was a long week.",))
    browser = await open_browser()
    await say(browser, "What brings you here?")
    await say(browser, "Tell me more.")
    said = [(message.role, message.text) for message in fake.assessed[1].messages]
    assert said[0][0] == "assistant"
    assert said[1:] == [
        ("user", "What brings you here?"),
        ("assistant", "It was a long week."),
        ("user", "Tell me more."),
    ]


@pytest.mark.parametrize(
    ("failing", "why"),
    [
        ({"assess_after_s": 5.0}, "engine_deadline"),
        ({"assess_fails": EngineAwayError("gone")}, "engine_away"),
        ({"assess_fails": ValueError("zqwhy")}, "failed"),
        ({"assessment": Assessment((Finding("suicidal", 0.9, "", 0, 9999),))}, "assessment_garbage"),
        ({"assessment": Assessment(partial=True)}, "partial"),
    ],
    ids=["slow", "away", "broken", "garbage", "partial"],
)
async def test_without_a_whole_answer_the_turn_goes_on_by_the_screen_and_the_rules(
    open_browser, engine, encounter: Encounter, failing: dict[str, object], why: str
) -> None:
    engine(lines=("I suppose so.",), **failing)
    begun = time.monotonic()
    finished = await say(await open_browser(), "What brings you here?")
    assert time.monotonic() - begun < 3
    assert finished["status"] == "ANSWERED"
    assert [code["code"] for code in finished["ledger"]["codes"]] == ["Q"]
    turn = await the_turn(encounter)
    assert (turn.heard["partial"], turn.heard["partial_why"]) == (True, why)
    assert turn.versions["coder"].startswith("behaviour")
    assert await flags(encounter) == []


async def test_a_refusal_does_not_wait_for_the_worker(open_browser, engine, encounter: Encounter) -> None:
    engine(assess_after_s=0.25, assessment=crisis())
    browser = await open_browser()
    begun = time.monotonic()
    finished = await say(browser, METHODS)
    took_s = time.monotonic() - begun
    turn = await the_turn(encounter)
    assert finished["source"] == "protocol"
    assert turn.timings["assess_ms"] is None
    assert took_s < 5
    async with asyncio.timeout(5):
        while (await the_turn(encounter)).heard["partial"]:  # noqa: ASYNC110 - the row has no event
            await asyncio.sleep(0.05)
    turn = await the_turn(encounter)
    assert [f["detector"] for f in turn.heard["findings"]["worker"]] == ["head.crisis.kind"]
    assert (turn.heard["action"], turn.status) == ("refuse", "ANSWERED")


async def test_help_is_beside_the_session_before_the_worker_has_answered(open_browser, engine) -> None:
    engine(lines=("I suppose so.",), assess_after_s=5.0)
    browser = await open_browser()
    begun = time.monotonic()
    await browser.send_turn(ABOUT_ME)
    panel = await browser.until("crisis.panel")
    waited_s = time.monotonic() - begun
    await browser.until("turn.finished")
    assert panel["panel"] == "about_me"
    assert waited_s < time.monotonic() - begun
    assert len(of(browser.frames, "crisis.panel")) == 1


async def test_the_worker_alone_may_open_help(open_browser, engine) -> None:
    engine(lines=("I suppose so.",), assessment=Assessment(about_self=True, versions=JUDGED))
    browser = await open_browser()
    await say(browser, "Everyone would manage fine.")
    (panel,) = of(browser.frames, "crisis.panel")
    assert panel["panel"] == "about_me"
    again = await (await open_browser()).resume()
    assert [frame["seq"] for frame in again] == list(range(1, len(again) + 1))


async def test_the_worker_alone_may_have_a_message_refused(
    open_browser, engine, encounter: Encounter
) -> None:
    found = Finding("method_request", 0.95, "", 0, 4, "head.harm")
    fake = engine(assessment=Assessment((found,), versions=JUDGED))
    finished = await say(await open_browser(), "And which would be quickest, do you think?")
    assert (finished["source"], fake.requests) == ("protocol", [])
    assert (await the_turn(encounter)).heard["code"] == "method_request"


@pytest.mark.parametrize(
    ("text", "assessment", "disagree", "raised"),
    [
        ("Everyone would manage fine.", crisis(), True, ["layers_disagree"]),
        ("I want to die.", crisis(0.1), True, ["layers_disagree"]),
        ("I want to die.", crisis(), False, []),
        ("What brings you here?", crisis(0.1), False, []),
        ("I want to die.", Assessment(versions={"screen": "s"}), None, []),
    ],
    ids=["worker alone", "screen alone", "both", "neither", "not looked for"],
)
async def test_layers_that_disagree_about_a_crisis_put_the_turn_up_for_review(
    open_browser,
    engine,
    encounter: Encounter,
    text: str,
    assessment: Assessment,
    disagree: bool | None,
    raised: list[str],
) -> None:
    engine(lines=("I suppose so.",), assessment=assessment)
    finished = await say(await open_browser(), text)
    assert finished["status"] == "ANSWERED"
    assert (await the_turn(encounter)).heard["disagree"] is disagree
    assert await flags(encounter) == raised


async def test_the_worker_s_codes_are_used_where_it_answered_in_full(
    open_browser, engine, encounter: Encounter
) -> None:
    code = BehaviourCode("Confront", "", 0.9, 0, 4)
    engine(
        lines=("I suppose so.",),
        assessment=Assessment(codes=(code,), abstained=False, versions={"behaviour": "behaviour 99"}),
    )
    finished = await say(await open_browser(), "What brings you here?")
    assert [entry["code"] for entry in finished["ledger"]["codes"]] == ["Confront"]
    assert (await the_turn(encounter)).versions["coder"] == "behaviour 99"


@pytest.mark.parametrize(("score", "heard"), [(0.9, True), (0.3, False)])
async def test_a_prejudice_in_a_trainee_s_words_reaches_the_client(
    open_browser, engine, encounter: Encounter, score: float, heard: bool
) -> None:
    found = Finding("bias.age", score, "", 0, 6, "head.bias")
    engine(lines=("I suppose so.",), assessment=Assessment((found,), versions=JUDGED))
    await say(await open_browser(), "People of your age never change.")
    ledger = await rows(encounter, lambda: Reaction.objects.get().ledger)
    assert ("stereotyping" in {rule["id"] for rule in ledger["rules"]}) is heard


@pytest.mark.parametrize(
    ("kind", "raised"), [("bias.age", ["withheld_bias"]), ("too_long", []), ("slur", [])]
)
async def test_words_kept_back_for_a_prejudice_put_the_turn_up_for_review(
    open_browser, engine, encounter: Encounter, kind: str, raised: list[str]
) -> None:
    fake = engine(lines=("I suppose so.",), findings=(Finding(kind, 0.99, "", detector="head.x"),))
    finished = await say(await open_browser(), "What brings you here?")
    assert fake.requests
    assert (finished["status"], finished["source"]) == ("REPLACED", "authored")
    assert await flags(encounter) == raised


async def test_no_word_of_anybody_reaches_a_log(
    open_browser, engine, encounter: Encounter, caplog: pytest.LogCaptureFixture
) -> None:
    engine(lines=("The zqclient said.",), assess_fails=ValueError("zqerror"))
    with caplog.at_level(logging.DEBUG):
        await say(await open_browser(), "I want to die, zqperson.")
    assert caplog.records
    assert not [
        record for record in caplog.records if "zq" in record.getMessage() + str(record.exc_info or "")
    ]
