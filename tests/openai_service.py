"""`python -m tests.openai_service`: somebody else's service that speaks the OpenAI protocol, well or badly.

The `model` of a request says how it is answered: the functions below, by their names. Without a framework, so that it
can break off where it likes; tests start it with `running_service`. `GET /seen` tells what came and who left early,
`GET /become/WAY` has "changing" answer in that way. Prints its port.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

WORDS = "I came because my boss sent me. It was not my idea, to be honest."
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
Json = dict[str, object]
seen: list[Json] = []
times: Counter[str] = Counter()
way = "normal"


def head(status: int, *fields: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} Said", "Connection: close", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunk(text: str | None = None, end: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": end}
    body = {"object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\r\n\r\n"


class Talk:
    def __init__(self, writer: asyncio.StreamWriter, asked: Json) -> None:
        self.writer, self.asked = writer, asked

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def speak(self, text: str = WORDS, *, end: str | None = "stop") -> None:
        for word in text.split(" "):
            await self.send(chunk(f"{word} " if word else ""))
            await asyncio.sleep(0.001)
        if end:
            await self.send(chunk(end=end), b"data: [DONE]\n\n")

    def break_off(self) -> None:
        self.writer.transport.abort()


async def normal(talk: Talk) -> None:
    await talk.send(STREAM, b": hello\n\n", chunk("", None))
    await talk.speak()


async def shouting(talk: Talk) -> None:
    """Fit words for one seed in two; the others are an assistant's."""
    await talk.send(STREAM)
    good = times["shouting"] % 2 == 0
    await talk.speak(WORDS if good else "As an AI language model, I cannot play a client. I can help you.")


async def slow(talk: Talk) -> None:
    await asyncio.sleep(0.5)
    await normal(talk)


async def busy_once(talk: Talk) -> None:
    if times["busy_once"] == 1:
        await talk.send(head(429, "Retry-After: 1"))
    else:
        await normal(talk)


async def busy(talk: Talk) -> None:
    await talk.send(head(429, "Retry-After: 30"))


async def away_twice(talk: Talk) -> None:
    if times["away_twice"] <= 2:
        await talk.send(head(502 + times["away_twice"] % 2))
    else:
        await normal(talk)


async def away(talk: Talk) -> None:
    await talk.send(head(503))


async def failing(talk: Talk) -> None:
    await talk.send(head(500))


async def refusing(talk: Talk) -> None:
    await talk.send(head(401, body=json.dumps(talk.asked).encode()))


async def elsewhere(talk: Talk) -> None:
    await talk.send(head(307, "Location: http://127.0.0.1:9/v1/chat/completions"))


async def dropping(talk: Talk) -> None:
    await talk.send(STREAM)
    await talk.speak("I came because my boss sent me. It was not", end=None)
    await asyncio.sleep(0.05)
    talk.break_off()


async def one_drops(talk: Talk) -> None:
    if times["one_drops"] % 2:
        await talk.send(STREAM)
        await talk.speak("I came", end=None)
        talk.break_off()
    else:
        await slow(talk)


async def one_stalls(talk: Talk) -> None:
    await talk.send(STREAM)
    if times["one_stalls"] % 2:
        await asyncio.sleep(60)
    await talk.speak()


async def silent(talk: Talk) -> None:
    await talk.send(STREAM)
    talk.break_off()


async def short(talk: Talk) -> None:
    """Ends as if it were done, without saying so."""
    await talk.send(STREAM)
    await talk.speak("I came because", end=None)


async def garbage(talk: Talk) -> None:
    await talk.send(STREAM, b"data: {not json\n\n")


async def page(talk: Talk) -> None:
    await talk.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>Sign in to the network</html>\n")


async def flood(talk: Talk) -> None:
    await talk.send(STREAM, *[b"data: " + b"x" * 50_000] * 50)


async def erring(talk: Talk) -> None:
    await talk.send(
        STREAM, b"data: " + json.dumps({"error": {"message": str(talk.asked)}}).encode() + b"\n\n"
    )


async def filtered(talk: Talk) -> None:
    await talk.send(STREAM)
    await talk.speak("I came because", end="content_filter")


async def hanging(talk: Talk) -> None:
    await asyncio.sleep(60)


async def dripping(talk: Talk) -> None:
    await talk.send(STREAM)
    while True:
        await talk.send(b": still here\n\n")
        await asyncio.sleep(0.05)


async def endless(talk: Talk) -> None:
    await talk.send(STREAM)
    await talk.speak("I came because my boss sent me. And", end=None)
    while True:
        await talk.send(chunk(" and"))
        await asyncio.sleep(0.02)


async def changing(talk: Talk) -> None:
    await WAYS[way](talk)


WAYS: dict[str, Callable[[Talk], Awaitable[None]]] = {
    each.__name__: each
    for each in (
        normal,
        shouting,
        slow,
        busy_once,
        busy,
        away_twice,
        away,
        failing,
        refusing,
        elsewhere,
        dropping,
    )
    + (
        one_drops,
        one_stalls,
        silent,
        short,
        garbage,
        page,
        flood,
        erring,
        filtered,
        hanging,
        dripping,
        endless,
    )
    + (changing,)
}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        top, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        given = {name.lower(): value for name, _, value in (line.partition(": ") for line in fields)}
        body = await reader.readexactly(int(given.get("content-length", 0)))
        method, path, _ = top.split(" ")
        if method == "GET":
            writer.write(told(path))
            await writer.drain()
        else:
            await speak(reader, writer, path, given, json.loads(body))
    writer.close()


def told(path: str) -> bytes:
    global way
    if path.startswith("/become/"):
        way = path.removeprefix("/become/")
    return head(200, body=json.dumps({"seen": seen}).encode())


async def speak(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, given: dict[str, str], asked: Json
) -> None:
    """Answer, until it is done or the other side has left."""
    entry: Json = {"path": path, "key": given.get("authorization", ""), "asked": asked, "left": False}
    seen.append(entry)
    times[str(asked["model"])] += 1
    speaking = asyncio.ensure_future(WAYS[str(asked["model"])](Talk(writer, asked)))
    leaving = asyncio.ensure_future(reader.read(1))
    await asyncio.wait({speaking, leaving}, return_when=asyncio.FIRST_COMPLETED)
    entry["left"] = leaving.done() or speaking.exception() is not None
    for task in (speaking, leaving):
        task.cancel()
    await asyncio.gather(speaking, leaving, return_exceptions=True)


@dataclass(frozen=True)
class Service:
    """The other side, as a process of its own; `told` is what it saw."""

    url: str

    def told(self, path: str = "/seen") -> Json:
        with urllib.request.urlopen(self.url + path, timeout=5) as answered:
            return json.load(answered)


@contextlib.contextmanager
def running_service() -> Iterator[Service]:
    command = [sys.executable, "-m", "tests.openai_service"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Service(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
