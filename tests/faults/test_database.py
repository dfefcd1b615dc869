"""PostgreSQL is killed under twenty sessions that talk."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg

from tests.faults.conftest import until
from tests.faults.talker import ANSWERS, Talker
from tests.stack import Stack

Talkers = Callable[[int], Awaitable[list[Talker]]]
SESSIONS = 20
WORDS = ("What brings you here?", "You are tired of being sent.", "What matters most to you?")


@dataclass
class Health:
    """What the two addresses said since the kill: (seconds, status)."""

    live: list[tuple[float, int]] = field(default_factory=list)
    ready: list[tuple[float, int]] = field(default_factory=list)

    async def watch(self, stack: Stack) -> None:
        """Asks both all the time."""
        begun = time.monotonic()
        while True:
            for path, seen in (("/health/live", self.live), ("/health/ready", self.ready)):
                status, _ = await asyncio.to_thread(stack.get, path)
                seen.append((time.monotonic() - begun, status))
            await asyncio.sleep(0.05)


async def test_nothing_acknowledged_is_lost_when_the_database_is_killed(
    talkers: Talkers, slow_stack: Stack
) -> None:
    everyone = await talkers(SESSIONS)
    stop = asyncio.Event()
    talks = [asyncio.create_task(talk(talker, stop)) for talker in everyone]
    await asyncio.gather(*(talker.until(lambda t=talker: bool(t.of("turn.accepted"))) for talker in everyone))
    await asyncio.sleep(1)

    health = Health()
    with slow_stack.nothing_restarts():
        for pid in slow_stack.pids("postgres"):
            os.kill(pid, signal.SIGKILL)
        watching = asyncio.create_task(health.watch(slow_stack))
        await until(lambda: any(status == 503 for _, status in health.ready), within_s=2)
        await asyncio.sleep(1)
    await until(lambda: health.ready[-1][1] == 200, within_s=15)
    back = [len(talker.of("turn.finished")) for talker in everyone]
    await asyncio.gather(
        *(
            talker.until(lambda t=talker, n=count: len(t.of("turn.finished")) > n)
            for talker, count in zip(everyone, back, strict=True)
        )
    )
    stop.set()
    await asyncio.gather(*talks)
    watching.cancel()

    assert {status for _, status in health.live} == {200}
    for talker in everyone:
        await talker.check_against_the_record()
        statuses = [frame["status"] for frame in talker.of("turn.finished")]
        assert len(statuses) == len(talker.of("turn.accepted"))
        assert set(statuses) <= {*ANSWERS, "FAILED"}
        assert statuses[-1] in ANSWERS
    acknowledged = {frame["client_id"] for talker in everyone for frame in talker.of("turn.accepted")}
    assert acknowledged == rows(slow_stack, [talker.encounter for talker in everyone])


async def talk(talker: Talker, stop: asyncio.Event) -> None:
    while not stop.is_set():
        for words in WORDS:
            await talker.finished(await talker.say(words))


def rows(stack: Stack, encounters: list[str]) -> set[str]:
    """The client ids of all turns that the database holds for these encounters."""
    with psycopg.connect(stack.note["DATABASE_OWNER_URL"]) as connection:
        found = set()
        for (organisation,) in connection.execute("SELECT id FROM accounts_organisation").fetchall():
            connection.execute("SELECT set_config('pixelated.organisation', %s, false)", [str(organisation)])
            turns = connection.execute(
                "SELECT client_id FROM encounters_turn WHERE encounter_id = ANY(%s::uuid[])", [encounters]
            )
            found |= {str(client_id) for (client_id,) in turns}
    return found
