"""Who is measured: each engine a process of its own, started alone, asked the same way, its memory watched.

An engine that cannot be had is an AbsentError, an answer that does not come whole an AnswerError. No connection is used
twice: llama.cpp's server closes those it has answered a stream on, now and then only after the next request was sent on
one. What a connection takes is in every engine's times.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import httpx

from inference.benchmark.errors import AbsentError, AnswerError
from inference.contracts import Message

START_S = 180.0
SECRET = "benchmark"  # noqa: S105 - on loopback, for the minutes of a run
LONGEST_REASON = 80
_HUNG_UP = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@dataclass
class Engine:
    """`asked_again` counts requests sent a second time, because the first was hung up on before a byte came back."""

    name: str
    process: asyncio.subprocess.Process
    address: str = ""
    http: httpx.AsyncClient | None = None
    heard: dict[int, "asyncio.Queue[dict]"] = field(default_factory=dict)
    numbers: int = 0
    has_ended: bool = False
    asked_again: int = 0

    async def ask(self, messages: Sequence[Message], max_tokens: int) -> AsyncIterator[str | list[int]]:
        """Pieces of an answer as they come: text, or token ids from those that speak in them. AnswerError where it
        does not come whole."""
        plain = [{"role": str(message.role), "content": message.text} for message in messages]
        pieces = self._by_http(plain, max_tokens) if self.http else self._by_pipe(plain, max_tokens)
        async for piece in pieces:
            yield piece

    async def _by_http(self, messages: list[dict[str, str]], max_tokens: int) -> AsyncIterator[str]:
        body = {
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0.7,
            "top_p": 0.9,
            "stream": True,
        }
        is_whole = False
        async with contextlib.AsyncExitStack() as stack:
            try:
                answer = await self._opened(stack, body)
                if answer.status_code != 200:
                    raise AnswerError(f"status {answer.status_code}")
                async for line in answer.aiter_lines():
                    is_whole = is_whole or line == "data: [DONE]"
                    if text := _text_of(line):
                        yield text
            except httpx.HTTPError as error:
                raise AnswerError(type(error).__name__) from error
        if not is_whole:
            raise AnswerError("the stream broke off")

    async def _opened(self, stack: contextlib.AsyncExitStack, body: dict) -> httpx.Response:
        """The beginning of an answer, asked for a second time where the first was hung up on before any of it came."""
        assert self.http is not None
        asking = {"method": "POST", "url": f"{self.address}/v1/chat/completions", "json": body}
        try:
            return await stack.enter_async_context(self.http.stream(**asking))
        except _HUNG_UP:
            self.asked_again += 1
            return await stack.enter_async_context(self.http.stream(**asking))

    async def _by_pipe(self, messages: list[dict[str, str]], max_tokens: int) -> AsyncIterator[list[int]]:
        self.numbers += 1
        number, own = self.numbers, self.heard.setdefault(self.numbers, asyncio.Queue())
        if self.has_ended:
            raise AnswerError("its process ended")
        asked = json.dumps({"id": number, "messages": messages, "max_tokens": max_tokens}) + "\n"
        assert self.process.stdin is not None
        self.process.stdin.write(asked.encode())
        while True:
            event = await own.get()
            if why := event.get("error"):
                raise AnswerError(_in_short(why))
            if event["tokens"]:
                yield event["tokens"]
            if event["done"]:
                return

    async def listen(self) -> None:
        """Hand what the process writes to whoever asked."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if event.get("id") in self.heard:
                    self.heard[event["id"]].put_nowait(event)
        self.has_ended = True
        for own in self.heard.values():
            own.put_nowait({"error": "its process ended"})

    def memory_mb(self) -> float:
        """The most that the process ever had in memory; 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0


def _text_of(line: str) -> str:
    """What a line of the stream says, "" where it says nothing; AnswerError where it names an error."""
    if line.startswith("error:"):
        raise AnswerError("error")
    if not line.startswith("data: {"):
        return ""
    try:
        event = json.loads(line[6:])
    except ValueError as error:
        raise AnswerError("unreadable") from error
    if why := event.get("error"):
        raise AnswerError(_in_short(why))
    choices = event.get("choices") or [{}]
    return choices[0].get("delta", {}).get("content") or ""


def _in_short(why: object) -> str:
    """The code of an error as the OpenAI protocol has it, or its words."""
    given = (why.get("code") or why.get("message") or "error") if isinstance(why, dict) else why
    return str(given)[:LONGEST_REASON]


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=600,
        headers={"Authorization": f"Bearer {SECRET}"},
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    )


@contextlib.asynccontextmanager
async def started(name: str, model: Path, *, threads: int, chats: int) -> AsyncIterator[Engine]:
    """The engine, ready; it is ended afterwards. AbsentError where it cannot be had."""
    if name == "llama.cpp" and (find_spec("xllamacpp") is None or model.suffix != ".gguf"):
        raise AbsentError("needs xllamacpp (extra `bench`) and a .gguf model")
    if name == "ours":
        words = ["-m", "inference", "serve", "--port", "0", "--model", str(model)]
    else:
        words = ["-m", "inference.benchmark.peers", name, str(model), str(threads), str(chats)]
    own = {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "PIXELATED_WORKER_SECRET": SECRET}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | own,
        limit=1 << 22,
    )
    engine = Engine(name, process)
    listening = None
    try:
        async with _in_time(name):
            engine.address = await _address(engine)
        listening = asyncio.create_task(engine.listen())
        if engine.address:
            engine.http = client()
            async with _in_time(name):
                await _until_healthy(engine)
        yield engine
    finally:
        if engine.http is not None:
            await engine.http.aclose()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if listening is not None:
            await listening


@contextlib.asynccontextmanager
async def _in_time(name: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(START_S):
            yield
    except TimeoutError as error:
        raise AbsentError(f"{name} was not ready after {START_S:.0f} s") from error


async def _until_healthy(engine: Engine) -> None:
    """A server may listen before its model is there."""
    assert engine.http is not None
    while not engine.has_ended:
        with contextlib.suppress(httpx.HTTPError):
            if (await engine.http.get(f"{engine.address}/health")).status_code == 200:
                return
        await asyncio.sleep(0.2)
    raise AbsentError(f"{engine.name} ended before it was ready")


async def _address(engine: Engine) -> str:
    """Reads until the process is ready; "" for those that speak through the pipe."""
    assert engine.process.stdout is not None
    async for line in engine.process.stdout:
        text = line.decode(errors="replace")
        if found := re.search(r"ready on (http\S+)", text):
            return found[1]
        if text.startswith("{"):
            event = json.loads(text)
            return str(event.get("address", ""))
    raise AbsentError(f"{engine.name} did not start")
