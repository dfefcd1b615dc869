"""Drives sessions against a running installation over HTTP and WebSocket, and measures what a turn costs.

`added` is the time from sending a turn to its end, less what the runner waited for the engine: everything that is not
generation. Times are taken by the client, so the socket and this program's own work are inside them.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

LINES = (
    "What brings you here today?",
    "It stings to be sent here without being asked.",
    "You want people to see that you are trying.",
    "What would have to be different for this to be worth your time?",
    "You have been carrying that on your own for a while.",
    "It is up to you what we talk about.",
)
TURN_LIMIT_S = 90
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Measures:
    """Milliseconds, one entry a turn; `lost` counts turns without an end, `doubled` numbers seen twice. `added` is
    what the client waited less what the runner waited for the engine."""

    accepted: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)
    turns: int = 0
    failed: int = 0
    lost: int = 0
    doubled: int = 0

    def summary(self) -> dict[str, object]:
        return {
            "turns": self.turns,
            "failed": self.failed,
            "lost": self.lost,
            "doubled": self.doubled,
            "accepted_ms": spread(self.accepted),
            "first_segment_ms": spread(self.first),
            "added_ms": spread(self.added),
        }


def spread(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest, in milliseconds."""
    if len(values) < 2:
        return {}
    cuts = quantiles(values, n=100, method="inclusive")
    return {
        "p50": round(cuts[49], 1),
        "p95": round(cuts[94], 1),
        "p99": round(cuts[98], 1),
        "max": round(max(values), 1),
    }


@dataclass(frozen=True)
class Load:
    """`pace` is the scripted engine's tokens a second; `think_s` the mean pause before a turn."""

    url: str
    email: str
    password: str
    sessions: int
    turns: int
    think_s: float
    pace: float
    seed: int = 1


async def run_load(load: Load) -> Measures:
    """Open the sessions, talk in all of them at once, and measure."""
    measures = Measures()
    async with httpx.AsyncClient(
        base_url=load.url, follow_redirects=True, timeout=30, trust_env=False
    ) as browser:
        await sign_in(browser, load.email, load.password)
        encounters = [await start_session(browser, index) for index in range(load.sessions)]
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        talks = [
            _talk(load, encounter, cookie, measures, index) for index, encounter in enumerate(encounters)
        ]
        await asyncio.gather(*talks)
    return measures


async def sign_in(browser: httpx.AsyncClient, email: str, password: str) -> None:
    """Sign in by the ordinary form.

    Raises:
        RuntimeError: the log-in was refused.
    """
    page = await browser.get("/accounts/login/")
    form = {"csrfmiddlewaretoken": csrf(page.text), "login": email, "password": password}
    answer = await browser.post("/accounts/login/", data=form, headers={"Referer": str(page.url)})
    if "/accounts/login" in str(answer.url):
        raise RuntimeError("The log-in was refused. Is the demo password right?")


async def start_session(browser: httpx.AsyncClient, index: int) -> str:
    """Start a practice session with one of the clients; returns its id."""
    library = await browser.get("/practice/")
    slugs = sorted(set(re.findall(r"/practice/clients/([a-z0-9-]+)/", library.text)))
    slug = slugs[index % len(slugs)]
    page = await browser.get(f"/practice/clients/{slug}/")
    answer = await browser.post(
        f"/practice/clients/{slug}/start/",
        data={"csrfmiddlewaretoken": csrf(page.text)},
        headers={"Referer": str(page.url)},
    )
    return str(answer.url).rstrip("/").rsplit("/", 1)[-1]


def csrf(page: str) -> str:
    """The token of a page's form."""
    found = _TOKEN.search(page)
    if found is None:
        raise RuntimeError("The page holds no form.")
    return found.group(1)


async def _talk(load: Load, encounter: str, cookie: str, measures: Measures, index: int) -> None:
    import websockets  # an extra: only a benchmark needs it

    parts = urlsplit(load.url)
    address = f"ws://{parts.netloc}/ws/encounters/{encounter}/"
    chance = random.Random(load.seed * 1000 + index)  # noqa: S311  (a load, not a secret)
    async with websockets.connect(address, additional_headers={"Cookie": cookie}, origin=load.url) as socket:
        seen: set[int] = set()
        await asyncio.sleep(chance.uniform(0, load.think_s))
        for turn in range(load.turns):
            await _turn(socket, LINES[turn % len(LINES)], measures, seen)
            await asyncio.sleep(chance.uniform(0.5, 1.5) * load.think_s)


async def _turn(socket, text: str, measures: Measures, seen: set[int]) -> None:  # noqa: ANN001
    sent, first = time.perf_counter(), None
    await socket.send(json.dumps({"type": "turn.send", "client_id": str(uuid4()), "text": text}))
    while True:
        try:
            frame = json.loads(await asyncio.wait_for(socket.recv(), TURN_LIMIT_S))
        except TimeoutError:
            measures.lost += 1
            return
        measures.doubled += frame["seq"] in seen
        if frame["seq"]:
            seen.add(frame["seq"])
        took = (time.perf_counter() - sent) * 1000
        if frame["type"] == "turn.accepted":
            measures.accepted.append(took)
        elif frame["type"] == "turn.segment":
            first = took if first is None else first
        elif frame["type"] in ("turn.finished", "error"):
            measures.failed += frame.get("status") not in ("ANSWERED", "REPLACED")
            measures.turns += 1
            measures.first.append(first or took)
            measures.added.append(took - (frame.get("engine_ms") or 0))
            return
