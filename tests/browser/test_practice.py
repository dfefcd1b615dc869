"""A trainee practises in Chromium, against the real worker and its bundled model; where a reply must be caught in the
middle, against a worker that says fixed lines slowly."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.cable import laid_cable
from tests.browser.person import LiveSession, sign_in
from tests.browser.watch import Watch
from tests.browser.wire import Wire
from tests.stack import SlowWorker, Stack

REFLECTION = "It stings to be sent here without being asked."
QUESTION = "What would make this hour worth your time?"
WORKER = "inference serve"


@pytest.fixture
def wire(page: Page) -> Wire:
    return Wire(page)


@pytest.fixture
def session(page: Page, wire: Wire) -> LiveSession:
    """Ada's session with Marcus, who has spoken."""
    return LiveSession.start(page)


@pytest.fixture
def slow_page(context_for: Callable[..., BrowserContext], slow_stack: Stack) -> Page:
    return context_for("ada", on=slow_stack).new_page()


@pytest.fixture
def slow_wire(slow_page: Page) -> Wire:
    return Wire(slow_page)


@pytest.fixture
def slow_session(slow_page: Page, slow_wire: Wire) -> LiveSession:
    """Ada's session with Marcus, where replies take seconds and come in pieces."""
    return LiveSession.start(slow_page)


def test_a_trainee_goes_from_sign_in_to_transcript(context_for: Callable[..., BrowserContext]) -> None:
    page = context_for().new_page()
    wire = Wire(page)
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Sign in").first.click()
    sign_in(page, "ada")
    page.get_by_role("link", name="Marcus Bell", exact=True).click()
    page.get_by_role("button", name="Start the session").click()

    opening = page.get_by_test_id("utterance")
    expect(opening.locator(".said")).not_to_be_empty()
    expect(opening.locator(".cue")).not_to_be_empty()

    session = LiveSession(page)
    for words in (REFLECTION, "You should just stop drinking.", QUESTION):
        session.say(words)
        expect(page.get_by_test_id("why")).not_to_be_empty()
    assert [said.you for said in session.said()] == [REFLECTION, "You should just stop drinking.", QUESTION]
    assert [said.reply for said in session.said()] == wire.replies()
    reasons = [frame["ledger"]["reason"] for frame in wire.of("turn.finished")]
    assert all(reasons)
    assert "Readiness" in page.get_by_test_id("ledger").inner_text()

    shown = session.said()
    page.get_by_test_id("end").click()
    page.get_by_test_id("end-yes").click()
    page.wait_for_url("**/transcript/")
    entries = page.get_by_test_id("entry")
    expect(entries).to_have_count(4)
    for turn, reason, entry in zip(shown, reasons, entries.all()[1:], strict=True):
        assert entry.locator(".your-turn .said").inner_text() == turn.you
        assert " ".join(entry.locator(".client-turn .said").all_inner_texts()) == turn.reply
        expect(entry.get_by_test_id("entry-ledger").locator(".reason")).to_have_text(reason)
    expect(page.get_by_test_id("session-details")).to_contain_text(
        f"3 replies: {shares(wire)['model']} in the language model’s words"
    )


def shares(wire: Wire) -> dict[str, int]:
    sources = [frame["source"] for frame in wire.of("turn.finished")]
    return {source: sources.count(source) for source in ("model", "authored", "protocol")}


def test_a_reply_comes_piece_by_piece(slow_session: LiveSession, slow_wire: Wire) -> None:
    turn = half_said(slow_session)
    first = turn.get_by_test_id("reply").locator(".said").inner_text()
    slow_session.until_answered()
    whole = turn.get_by_test_id("reply").locator(".said").inner_text()
    assert whole.startswith(first)
    assert len(whole) > len(first)
    numbers = [frame["seq"] for frame in slow_wire.frames if frame["seq"]]
    assert numbers == sorted(set(numbers))
    assert [said.reply for said in slow_session.said()] == slow_wire.replies()


def half_said(session: LiveSession, words: str = QUESTION) -> Locator:
    """A turn of whose reply something is shown while more comes."""
    turn = session.send(words)
    expect(turn.get_by_test_id("reply")).to_be_visible()
    expect(session.stop).to_be_visible(timeout=1)
    return turn


def test_a_reload_in_the_middle_of_a_reply_loses_and_doubles_nothing(
    slow_session: LiveSession, slow_wire: Wire
) -> None:
    slow_session.say(REFLECTION)
    half_said(slow_session)
    before = [turn.you for turn in slow_session.said()]
    slow_session.page.reload()
    expect(slow_session.turns).to_have_count(len(before))
    slow_session.until_answered()
    said = slow_session.said()
    assert [turn.you for turn in said] == before
    assert [turn.reply for turn in said] == slow_wire.replies()
    expect(slow_session.page.get_by_test_id("utterance")).to_have_count(1)
    assert slow_session.say("And now?").get_by_test_id("you").inner_text().endswith("And now?")
    expect(slow_session.turns).to_have_count(len(before) + 1)


def test_a_reload_before_the_first_word_loses_and_doubles_nothing(session: LiveSession, wire: Wire) -> None:
    session.send(REFLECTION)
    session.page.reload()
    expect(session.turns).to_have_count(1)
    expect(session.turns.first.get_by_test_id("reply")).to_be_visible()
    session.until_answered()
    assert [turn.you for turn in session.said()] == [REFLECTION]
    assert [turn.reply for turn in session.said()] == wire.replies()


def test_stop_ends_the_reply_and_the_session_goes_on(session: LiveSession, page: Page) -> None:
    turn = session.send(REFLECTION)
    page.keyboard.press("Escape")
    expect(turn.get_by_text("You stopped the reply here.")).to_be_visible()
    after = session.say(QUESTION)
    expect(after.get_by_test_id("reply")).to_be_visible()


def test_saying_it_differently_sets_what_followed_aside(session: LiveSession, page: Page) -> None:
    first = session.say("You should just stop drinking.")
    session.say("You have to think of your daughter.")
    first.get_by_role("button", name="Say it differently").click()
    expect(session.box).to_have_value("You should just stop drinking.")
    session.box.fill(REFLECTION)
    session.box.press("Enter")
    expect(page.get_by_test_id("aside")).to_contain_text("2 turns are set aside")
    session.until_answered()
    expect(session.turns).to_have_count(1)
    assert session.said()[0].you == REFLECTION

    end(page)
    asides = page.get_by_text("Set aside: you said this differently afterwards.")
    expect(asides).to_have_count(2)


def end(page: Page) -> None:
    page.get_by_test_id("end").click()
    page.get_by_test_id("end-yes").click()
    page.wait_for_url("**/transcript/")


def test_going_offline_keeps_what_was_read_and_comes_back(
    context_for: Callable[..., BrowserContext], stack: Stack, watch: Watch
) -> None:
    watch.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket connection"]
    with laid_cable(stack.port) as cable:
        page = context_for("ada", url=cable.url).new_page()
        wire = Wire(page)
        session = LiveSession.start(page)
        session.say(REFLECTION)

        cable.pull()
        page.context.set_offline(True)
        expect(session.line).to_contain_text("offline")
        session.box.fill(QUESTION)
        session.box.press("Enter")
        expect(page.get_by_test_id("pending")).to_be_visible()
        assert [turn.reply for turn in session.said()] == wire.replies()

        cable.plug()
        page.context.set_offline(False)
        expect(session.line).to_be_hidden()
        expect(session.turns).to_have_count(2)
        session.until_answered()
        assert wire.socket_count > 1
        assert [turn.you for turn in session.said()] == [REFLECTION, QUESTION]
        assert [turn.reply for turn in session.said()] == wire.replies()


def test_a_second_tab_sees_the_same_talk(session: LiveSession, page: Page) -> None:
    session.say(REFLECTION)
    other = LiveSession(page.context.new_page())
    other.page.goto(page.url)
    expect(other.turns).to_have_count(1)
    session.send(QUESTION)
    expect(other.turns).to_have_count(2)
    session.until_answered()
    other.until_answered()
    assert other.said() == session.said()

    end(page)
    expect(other.page.get_by_test_id("ended")).to_be_visible()


def test_i_hides_and_shows_the_ledger_but_not_while_writing(session: LiveSession, page: Page) -> None:
    session.box.fill("")
    session.box.press("i")
    expect(session.box).to_have_value("i")
    expect(page.get_by_test_id("side")).to_be_visible()
    page.get_by_test_id("conversation").click()
    page.keyboard.press("i")
    expect(page.get_by_test_id("side")).to_be_hidden()
    page.reload()
    expect(page.get_by_test_id("side")).to_be_hidden()
    page.keyboard.press("Alt+i")
    expect(page.get_by_test_id("side")).to_be_visible()


def test_everything_works_from_the_keyboard_and_help_comes_first(page: Page) -> None:
    page.goto("/practice/")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("help-link")).to_be_focused()
    walk_to(page, page.get_by_role("link", name="Marcus Bell", exact=True))
    page.keyboard.press("Enter")
    walk_to(page, page.get_by_role("button", name="Start the session"))
    page.keyboard.press("Enter")
    session = LiveSession(page)
    expect(session.box).to_be_focused()
    expect(page.get_by_test_id("utterance")).to_be_visible()
    page.keyboard.type(REFLECTION)
    page.keyboard.press("Enter")
    expect(session.turns).to_have_count(1)
    session.until_answered()
    expect(session.box).to_be_focused()
    walk_to(page, page.get_by_test_id("end"), key="Shift+Tab")
    page.keyboard.press("Enter")
    walk_to(page, page.get_by_test_id("end-yes"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/transcript/")


def walk_to(page: Page, target: Locator, *, key: str = "Tab", most: int = 60) -> None:
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"not reached with {key}: {target}")


def test_this_is_about_me_opens_help_beside_the_case(session: LiveSession, page: Page) -> None:
    session.say(REFLECTION)
    page.get_by_test_id("about-me").click()
    panel = page.get_by_test_id("help-panel")
    expect(panel).to_be_visible()
    expect(panel.get_by_test_id("help-action").first).to_be_visible()
    expect(panel.locator("summary")).to_be_focused()
    expect(session.turns).to_have_count(1)
    session.say(QUESTION)
    expect(panel).to_be_visible()
    page.reload()
    expect(panel).to_be_visible()


def test_a_worker_that_dies_in_the_middle_is_told_kindly_and_try_again_works(
    slow_session: LiveSession, slow_worker: SlowWorker, slow_wire: Wire
) -> None:
    turn = half_said(slow_session)
    kept = turn.get_by_test_id("reply").locator(".said").inner_text()
    words = turn.get_by_test_id("you").locator(".said").inner_text()
    slow_worker.kill()
    try:
        expect(turn.get_by_test_id("outcome")).to_contain_text("The reply was interrupted.", timeout=3000)
        assert turn.get_by_test_id("reply").locator(".said").inner_text().startswith(kept)
    finally:
        slow_worker.start()
    turn.get_by_test_id("again").click()
    expect(slow_session.page.get_by_test_id("aside").last).to_be_visible()
    slow_session.until_answered()
    expect(slow_session.turns.last.get_by_test_id("reply")).to_be_visible()
    assert slow_session.said()[-1].you == words
    statuses = [frame["status"] for frame in slow_wire.of("turn.finished")][-2:]
    assert statuses in (["FAILED", "ANSWERED"], ["FAILED", "REPLACED"])


def test_while_the_worker_starts_again_the_author_answers(
    session: LiveSession, stack: Stack, wire: Wire
) -> None:
    starts = stack.times_said("inference worker: ready in")
    stack.kill(WORKER)
    turn = session.say(REFLECTION)
    expect(turn.get_by_test_id("reply")).to_be_visible()
    assert wire.of("turn.finished")[0]["source"] == "authored"
    stack.wait(lambda: stack.times_said("inference worker: ready in") > starts, within_s=60)
    session.say(QUESTION)
    assert wire.of("turn.finished")[1]["status"] in ("ANSWERED", "REPLACED")
