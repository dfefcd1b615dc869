"""Notes whatever a page does that no page should: errors, refused content, requests that leave the installation."""

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

from pixelated.supervise.processes import HOST


class Watch:
    """`expected` holds words of console lines that a test brings about on purpose."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.expected: list[str] = []

    def page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if not any(words in message.text for words in self.expected):
            where = message.location.get("url", "")
            self.problems.append(f"console {message.type}: {message.text} {where}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != HOST:
            self.problems.append(f"left the installation: {parts.hostname}")
