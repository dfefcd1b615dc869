"""Who is measured: each engine a process of its own, started alone, asked the same way, its memory watched.

An engine that cannot be had is an AbsentError: said in the result, never the end of a run.
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

from inference.contracts import Message
from inference.errors import InferenceError

START_S = 180.0
SECRET = "benchmark"  # noqa: S105 - on loopback, for the minutes of a run


class AbsentError(InferenceError):
    code = "peer_absent"


@dataclass
class Engine:
    name: str
    process: asyncio.subprocess.Process
    address: str = ""
    http: httpx.AsyncClient | None = None
    heard: dict[int, "asyncio.Queue[dict]"] = field(default_factory=dict)
    numbers: int = 0

    async def ask(self, messages: Sequence[Message], max_tokens: int) -> AsyncIterator[str | list[int]]:
        """Pieces of an answer as they come: text, or token ids from those that speak in them."""
        plain = [{"role": str(message.role), "content": message.text} for message in messages]
        pieces = self._by_http(plain, max_tokens) if self.http else self._by_pipe(plain, max_tokens)
        async for piece in pieces:
            yield piece

    async def _by_http(self, messages: list[dict[str, str]], max_tokens: int) -> AsyncIterator[str]:
        assert self.http is not None
        body = {
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0.7,
            "top_p": 0.9,
            "stream": True,
        }
        async with self.http.stream("POST", f"{self.address}/v1/chat/completions", json=body) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    choices = json.loads(line[6:]).get("choices") or [{}]
                    if text := choices[0].get("delta", {}).get("content"):
                        yield text

    async def _by_pipe(self, messages: list[dict[str, str]], max_tokens: int) -> AsyncIterator[list[int]]:
        self.numbers += 1
        number, own = self.numbers, self.heard.setdefault(self.numbers, asyncio.Queue())
        asked = json.dumps({"id": number, "messages": messages, "max_tokens": max_tokens}) + "\n"
        assert self.process.stdin is not None
        self.process.stdin.write(asked.encode())
        while True:
            event = await own.get()
            if event.get("lost"):
                raise AbsentError(f"{self.name} ended")
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
        for own in self.heard.values():
            own.put_nowait({"lost": True})

    def memory_mb(self) -> float:
        """The most that the process ever had in memory; 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0


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
        async with asyncio.timeout(START_S):
            engine.address = await _address(engine)
        listening = asyncio.create_task(engine.listen())
        if engine.address:
            engine.http = httpx.AsyncClient(
                timeout=600,
                headers={"Authorization": f"Bearer {SECRET}"},
                limits=httpx.Limits(max_connections=None),
            )
            await _until_healthy(engine)
        yield engine
    except TimeoutError as error:
        raise AbsentError(f"{name} was not ready after {START_S:.0f} s") from error
    finally:
        if engine.http is not None:
            await engine.http.aclose()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if listening is not None:
            await listening


async def _until_healthy(engine: Engine) -> None:
    """A server may listen before its model is there."""
    assert engine.http is not None
    async with asyncio.timeout(START_S):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await engine.http.get(f"{engine.address}/health")).status_code == 200:
                    return
            await asyncio.sleep(0.2)


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
