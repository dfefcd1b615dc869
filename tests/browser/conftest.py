"""Chromium against the product as it runs: one installation with the real worker for all tests here."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.person import sign_in
from tests.browser.watch import Watch
from tests.stack import Stack

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LIMIT_MS = 20_000
expect.set_options(timeout=LIMIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser; without one these tests are skipped, or fail where it is required."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        reason = "Chromium is not installed (Debian: apt install chromium)."
        (pytest.fail if os.environ.get("PIXELATED_REQUIRE_BROWSER") == "1" else pytest.skip)(reason)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One for each module: Playwright's loop must not be there when other modules run theirs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*QUIET])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[tuple[str, str], object]:
    """The cookies of those who signed in, by installation and name: the log-in page counts attempts."""
    return {}


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Sees what goes wrong in any page of the test; the test fails for it at its end."""
    watch = Watch()
    yield watch
    assert watch.problems == []


@pytest.fixture(scope="module")
def cookies_of(browser: Browser, signed_in: dict[tuple[str, str], object]) -> Callable[[str, str], object]:
    """`cookies_of(url, "ada")`: as somebody who signed in there; None for nobody."""

    def cookies(url: str, who: str) -> object:
        if who and (url, who) not in signed_in:
            context = browser.new_context(base_url=url)
            sign_in(context.new_page(), who)
            signed_in[url, who] = context.storage_state()
            context.close()
        return signed_in.get((url, who))

    return cookies


@pytest.fixture
def context_for(
    browser: Browser, stack: Stack, cookies_of: Callable[[str, str], object], watch: Watch
) -> Iterator[Callable[..., BrowserContext]]:
    """`context_for("ada", ...)`: a browser in which she is signed in; "" for nobody. `on` is another installation than
    the one with the real worker, `url` another way to it. Tools that do to a page what the page itself may not need a
    browser that is not `watched`."""
    opened: list[BrowserContext] = []

    def open_one(
        who: str = "", *, on: Stack = stack, url: str = "", watched: bool = True, **options: object
    ) -> BrowserContext:
        usual = {"viewport": {"width": 1440, "height": 900}, "storage_state": cookies_of(on.url, who)}
        context = browser.new_context(base_url=url or on.url, **usual | options)
        context.set_default_timeout(LIMIT_MS)
        if watched:
            context.on("page", watch.page)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(context_for: Callable[..., BrowserContext]) -> Page:
    """Ada's."""
    return context_for("ada").new_page()
