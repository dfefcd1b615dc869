"""A person's words are looked for in everything that is written down: a control that was left unsealed on purpose is
found in every place, the words are found in none."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
import redis

from apps.chat.load import csrf
from pixelated.supervise.postgres_files import SUPERUSER
from tests.faults.conftest import until
from tests.faults.talker import Talker, Visitor
from tests.stack import Stack, descendants

Talkers = Callable[[int], Awaitable[list[Talker]]]
PLACES = {"database", "files", "redis", "processes"}


@dataclass(frozen=True)
class Words:
    """A sentence with made-up words that stand nowhere else; any one of them would be a leak."""

    each: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"The {self.each[0]} keeps me awake, {self.each[1]}, and nobody knows of the {self.each[2]}."

    def are_in(self, data: bytes) -> bool:
        """As UTF-8, UTF-16 or hexadecimal."""
        forms = [form for word in self.each for form in (word.encode(), word.encode("utf-16-le"))]
        return any(form in data or form.hex().encode() in data for form in forms)


def fresh_words() -> Words:
    return Words(tuple(f"zq{uuid4().hex[:10]}" for _ in range(3)))


@pytest.fixture
def control(slow_stack: Stack) -> Iterator[Words]:
    """Left in the clear in a table, a log and Redis."""
    words = fresh_words()
    log = slow_stack.home / "log" / "control.log"
    log.write_text(words.sentence)
    with store(slow_stack) as server, database(slow_stack) as connection:
        server.set("control", words.sentence)
        connection.execute("CREATE TABLE control (words text)")
        connection.execute("INSERT INTO control VALUES (%s)", [words.sentence])
    yield words
    log.unlink()
    with store(slow_stack) as server, database(slow_stack) as connection:
        server.delete("control")
        connection.execute("DROP TABLE control")


@pytest.fixture
def bearer(control: Words) -> Iterator[int]:
    """A process with the control in its surroundings; its pid."""
    with subprocess.Popen(["sleep", "300"], env={"CONTROL": control.sentence}) as process:
        yield process.pid
        process.kill()


def database(stack: Stack) -> psycopg.Connection[tuple[object, ...]]:
    """As the superuser, who alone may write out what is in memory and see where the files are."""
    password = json.loads((stack.home / "postgres" / "passwords.json").read_text())[SUPERUSER]
    address = stack.note["DATABASE_OWNER_URL"]
    return psycopg.connect(address, user=SUPERUSER, password=password, autocommit=True)


def store(stack: Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.note["REDIS_URL"])


async def test_what_a_person_wrote_stands_nowhere_in_the_clear(
    talkers: Talkers, visitor: Visitor, slow_stack: Stack, control: Words, bearer: int
) -> None:
    canary = fresh_words()
    (talker,) = await talkers(1)
    await talker.finished(await talker.say(canary.sentence))
    await talker.finished(await talker.say(f"I want to kill myself. {canary.sentence}"))
    await talk_badly(talker, canary)
    await sign_in_badly(visitor, canary)
    await break_while_saying(talker, slow_stack, canary)
    assert canary.sentence in await transcript(visitor, talker)
    await talker.check_against_the_record()

    assert places_of(control, slow_stack, bearer) == PLACES
    assert places_of(canary, slow_stack, bearer) == set()


async def talk_badly(talker: Talker, canary: Words) -> None:
    """Whatever is refused: too long, with a NUL, no JSON, an unknown kind, words where an id belongs."""
    said = canary.sentence
    new = {"type": "turn.send", "client_id": str(uuid4())}
    for frame in (
        new | {"text": said * 100},
        new | {"text": f"{said}\0"},
        new | {"text": said, "parent_id": str(uuid4())},
        new | {"text": said, "client_id": said},
        {"type": said},
        {"type": "turn.stop", "turn_id": said},
    ):
        await refused(talker, json.dumps(frame))
    await refused(talker, f'{{"text": "{said}')


async def refused(talker: Talker, message: str) -> None:
    before = len(talker.errors)
    await talker.send_text(message)
    await talker.until(lambda: len(talker.errors) > before, within_s=10)


async def sign_in_badly(visitor: Visitor, canary: Words) -> None:
    """The words as a password and as an address."""
    async with httpx.AsyncClient(base_url=visitor.url, trust_env=False, timeout=30) as browser:
        token = csrf((await browser.get("/accounts/login/")).text)
        form = {"login": f"{canary.each[0]}@example.org", "password": canary.sentence}
        answer = await browser.post("/accounts/login/", data=form | {"csrfmiddlewaretoken": token})
        assert answer.status_code == 200


async def break_while_saying(talker: Talker, stack: Stack, canary: Words) -> None:
    """The database, then the web process, die with the words in flight."""
    saying = asyncio.create_task(talker.say(canary.sentence))
    for pid in stack.pids("postgres"):
        os.kill(pid, signal.SIGKILL)
    await until(stack.is_ready, within_s=20)
    await talker.finished(await saying)
    await talker.say(canary.sentence)
    stack.kill("daphne")
    await until(stack.is_ready, within_s=20)
    await talker.finished(await talker.say(canary.sentence))


async def transcript(visitor: Visitor, talker: Talker) -> str:
    async with visitor.browser() as browser:
        return (await browser.get(f"/practice/encounters/{talker.encounter}/transcript/")).text


def places_of(words: Words, stack: Stack, *more_pids: int) -> set[str]:
    """Where one of the words stands in the clear."""
    with database(stack) as connection:
        connection.execute("CHECKPOINT")
        cluster = Path(connection.execute("SHOW data_directory").fetchone()[0])
    pids = [*descendants(stack.process.pid), *more_pids]
    found = {
        "database": words_in_files(words, cluster),
        "files": words_in_files(words, stack.home, apart_from=cluster),
        "redis": words_in_redis(words, stack),
        "processes": any(words_in_process(words, pid) for pid in pids),
    }
    return {place for place, holds in found.items() if holds}


def words_in_files(words: Words, folder: Path, *, apart_from: Path | None = None) -> bool:
    """In any file of the folder; the models, which are linked, are not followed."""
    for path, _, names in os.walk(folder):
        if apart_from is not None and Path(path).is_relative_to(apart_from):
            continue
        for name in names:
            file = Path(path) / name
            if file.is_file() and words.are_in(file.read_bytes()):
                return True
    return False


def words_in_redis(words: Words, stack: Stack) -> bool:
    """In a key, in a value, or in what its process has in memory: messages are there for a moment only."""
    readers = {b"string": "get", b"list": "lrange", b"zset": "zrange", b"set": "smembers", b"hash": "hgetall"}
    held = b""
    with store(stack) as server:
        for key in server.scan_iter():
            reader = readers[server.type(key)]
            ends = (0, -1) if reader in ("lrange", "zrange") else ()
            held += key + repr(getattr(server, reader)(key, *ends)).encode()
    return words.are_in(held) or words.are_in(memory_of(stack.pids("redis-server")[0]))


def memory_of(pid: int) -> bytes:
    """What a process may write to and read from; empty where we may not look."""
    pieces = []
    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                span, rights = line.split()[:2]
                if rights.startswith("rw"):
                    start, end = (int(part, 16) for part in span.split("-"))
                    memory.seek(start)
                    pieces.append(memory.read(end - start))
    except OSError:
        return b""
    return b"".join(pieces)


def words_in_process(words: Words, pid: int) -> bool:
    """In its surroundings or its command line."""
    try:
        return any(words.are_in(Path(f"/proc/{pid}/{name}").read_bytes()) for name in ("environ", "cmdline"))
    except OSError:
        return False  # It has just ended, or is another account's.
