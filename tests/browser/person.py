"""What a person does on the pages, in their own terms: sign in, start a session, say something, read."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.stack import PASSWORD

ANSWER_MS = 60_000


def sign_in(page: Page, who: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(f"{who}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()


@dataclass(frozen=True)
class Said:
    """One turn as a reader sees it."""

    you: str
    reply: str


class LiveSession:
    """The live screen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.get_by_test_id("say")
        self.turns = page.get_by_test_id("turn")
        self.stop = page.get_by_test_id("stop")
        self.line = page.get_by_test_id("line")

    @classmethod
    def start(cls, page: Page, slug: str = "marcus-bell") -> "LiveSession":
        page.goto(f"/practice/clients/{slug}/")
        page.get_by_role("button", name="Start the session").click()
        session = cls(page)
        expect(page.get_by_test_id("utterance")).to_be_visible()
        return session

    def send(self, words: str) -> Locator:
        """Say it and wait until it is accepted; the turn's element."""
        before = self.turns.count()
        self.box.fill(words)
        self.box.press("Enter")
        turn = self.turns.nth(before)
        expect(turn).to_be_visible()
        return turn

    def say(self, words: str) -> Locator:
        """Say it and wait for the whole reply; the turn's element."""
        turn = self.send(words)
        self.until_answered()
        return turn

    def until_answered(self) -> None:
        expect(self.stop).to_be_hidden(timeout=ANSWER_MS)

    def said(self) -> list[Said]:
        """Everything on the screen, in order."""
        return [
            Said(
                turn.get_by_test_id("you").locator(".said").inner_text(),
                "\n".join(turn.get_by_test_id("reply").locator(".said").all_inner_texts()),
            )
            for turn in self.turns.all()
        ]
