"""Every page in Chromium: no barrier that axe finds, no error in the console, nothing wider than a small phone."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from apps.chat.load import csrf
from tests.browser.person import LiveSession
from tests.browser.watch import Watch
from tests.stack import PASSWORD, Stack

SIZES = ({"width": 1440, "height": 900}, {"width": 390, "height": 844})
NARROW = {"width": 320, "height": 640}
# All of axe: WCAG 2.2 AA and what it calls best practice.
RULES = {"resultTypes": ["violations"]}


@dataclass(frozen=True)
class Case:
    """A page: who opens it and where; `address` may name a place that `places` fills."""

    name: str
    who: str
    address: str
    status: int = 200

    def __str__(self) -> str:
        return self.name


CASES = (
    Case("home", "", "/"),
    Case("help", "", "/help-now"),
    Case("sign-in", "", "/accounts/login/"),
    Case("sign-up closed", "", "/accounts/signup/"),
    Case("password reset", "", "/accounts/password/reset/"),
    Case("not found", "", "/practice-of-nothing/", 404),
    Case("library", "ada", "/practice/"),
    Case("library filtered", "ada", "/practice/?difficulty=2"),
    Case("library without a match", "ada", "/practice/?difficulty=1&resistance=blames"),
    Case("client", "ada", "/practice/clients/marcus-bell/"),
    Case("sessions", "ada", "/practice/sessions/"),
    Case("live session", "ada", "{live}"),
    Case("transcript", "ada", "{transcript}"),
    Case("transcript read by a supervisor", "grace", "{transcript}"),
    Case("second factor", "ada", "/accounts/2fa/"),
    Case("e-mail addresses", "ada", "/accounts/email/"),
    Case("change of password", "ada", "/accounts/password/change/"),
    Case("signing out", "ada", "/accounts/logout/"),
    Case("nothing here", "sam", "/start/"),
    Case("people", "omar", "/organisation/"),
    Case("people seen by a supervisor", "grace", "/organisation/"),
    Case("invitation", "", "{invitation}"),
    Case("invitation for somebody signed in", "ada", "{invitation}"),
    Case("invitation that is used up", "", "/accounts/invitation/not-a-token/", 409),
    Case("join link", "", "{join}"),
)


@pytest.fixture(scope="session")
def places(stack: Stack) -> dict[str, str]:
    """Addresses made once: a session with some turns, its transcript, an invitation, a join link."""
    with httpx.Client(base_url=stack.url, follow_redirects=True, trust_env=False, timeout=30) as omar:
        page = omar.get("/accounts/login/")
        form = {"login": "omar@example.org", "password": PASSWORD, "csrfmiddlewaretoken": csrf(page.text)}
        omar.post("/accounts/login/", data=form)
        found = {}
        for name, path, data in (
            ("invitation", "/organisation/", {"email": "noor@example.net", "role": "trainee"}),
            ("join", "/organisation/join-link/", {"role": "trainee"}),
        ):
            token = csrf(omar.get("/organisation/").text)
            made = omar.post(path, data=data | {"csrfmiddlewaretoken": token}).text
            found[name] = made.split(f"{stack.url}/accounts/{name}/")[1].split("/")[0]
    return {name: f"/accounts/{name}/{token}/" for name, token in found.items()}


@pytest.fixture(scope="module")
def talk(stack: Stack, browser: Browser, cookies_of: Callable[[str, str], object]) -> dict[str, str]:
    """A session of ada's in which every kind of entry stands; it stays open."""
    with browser.new_context(base_url=stack.url, storage_state=cookies_of(stack.url, "ada")) as context:
        page = context.new_page()
        session = LiveSession.start(page)
        first = session.say("You should just stop drinking.")
        first.get_by_role("button", name="Say it differently").click()
        session.box.fill("It stings to be sent here without being asked.")
        session.box.press("Enter")
        session.until_answered()
        session.say("What would make this hour worth your time?")
        page.get_by_test_id("about-me").click()
        expect(page.get_by_test_id("help-panel")).to_be_visible()
        path = page.url.removeprefix(stack.url)
    return {"live": path, "transcript": f"{path}transcript/"}


@pytest.fixture
def go(places: dict[str, str], talk: dict[str, str]) -> Callable[[Page, Case], None]:
    """Opens a case's page and waits until it stands."""

    def to(page: Page, case: Case) -> None:
        answer = page.goto(case.address.format(**places, **talk))
        assert answer and answer.status == case.status
        if case.address == "{live}":
            expect(page.get_by_test_id("turn")).to_have_count(2)

    return to


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_page_reports_no_error_and_fits_a_small_phone(
    case: Case,
    context_for: Callable[..., BrowserContext],
    watch: Watch,
    go: Callable[[Page, Case], None],
) -> None:
    if case.status != 200:
        watch.expected.append(f"status of {case.status}")
    page = context_for(case.who, viewport=NARROW).new_page()
    go(page, case)
    assert widths(page) == (NARROW["width"], NARROW["width"])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_page_has_no_barrier(
    case: Case, context_for: Callable[..., BrowserContext], go: Callable[[Page, Case], None]
) -> None:
    page = context_for(case.who, watched=False, reduced_motion="reduce").new_page()
    go(page, case)
    for size in SIZES:
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == [], f"at {size['width']} px, {scheme}"


def barriers(page: Page) -> list[str]:
    """What axe finds: rule, and where."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


def widths(page: Page) -> tuple[int, int]:
    return tuple(
        page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    )


def test_a_barrier_would_be_seen(context_for: Callable[..., BrowserContext]) -> None:
    page = context_for(watched=False).new_page()
    page.goto("/help-now")
    page.evaluate("document.querySelector('main').append(new Image())")
    assert any(found.startswith("image-alt") for found in barriers(page))


def test_refused_content_would_be_seen(context_for: Callable[..., BrowserContext], watch: Watch) -> None:
    page = context_for().new_page()
    page.goto("/help-now")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")
    expect(page.get_by_role("main")).to_be_visible()
    assert any("Content Security Policy" in problem for problem in watch.problems)
    watch.problems.clear()


def test_the_drawer_of_a_phone_has_no_barrier(
    context_for: Callable[..., BrowserContext], talk: dict[str, str]
) -> None:
    page = context_for("ada", watched=False, viewport=SIZES[1]).new_page()
    page.goto(talk["live"])
    expect(page.get_by_test_id("turn")).to_have_count(2)
    page.get_by_test_id("toggle-instruments").click()
    expect(page.get_by_test_id("drawer")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("drawer")).to_be_hidden()


def test_help_works_without_javascript(context_for: Callable[..., BrowserContext]) -> None:
    page = context_for("ada", java_script_enabled=False).new_page()
    page.goto("/practice/")
    page.get_by_test_id("help-link").click()
    expect(page.get_by_role("heading", name="Help for you")).to_be_visible()
    expect(page.locator("a[href^='tel:']").first).to_be_visible()


@pytest.mark.parametrize("who", ["", "ada"])
def test_help_works_while_the_database_is_away(
    who: str, context_for: Callable[..., BrowserContext], stack: Stack
) -> None:
    page = context_for(who).new_page()
    with database_away(stack):
        answer = page.goto("/help-now")
        assert answer and answer.status == 200
        expect(page.locator("a[href^='tel:']").first).to_be_visible()


@contextmanager
def database_away(stack: Stack) -> Iterator[None]:
    """Every process of PostgreSQL stands still: nothing answers, and nothing says why."""
    pids = stack.pids("postgres")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
