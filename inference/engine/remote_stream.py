"""One completion from a service that speaks the OpenAI protocol: asked for, asked for again, read as pieces of text.

Asks again only before a word was said and only where asking again can help: nobody was there, the service was busy, or
what stands before it had no one to pass the request to. Knows no candidates, judges nothing, and puts nothing that
anybody wrote into an error.
"""

import asyncio
import contextlib
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from inference import strict_json as strict
from inference.contracts import MAX_LINE_BYTES, MAX_MESSAGE_CHARACTERS, Message
from inference.engine.race import LOST
from inference.engine.remote_setting import RemoteSetting
from inference.engine.style import Sampling
from inference.errors import (
    ContractError,
    EngineAwayError,
    EngineBusyError,
    EngineDeadlineError,
    EngineError,
    EngineGarbageError,
    EngineRefusedError,
    EngineUnavailableError,
)
from inference.lines import lines_of

ATTEMPTS = 3
CONNECT_S = 3.0
SEND_S = 5.0
SILENCE_S = 10.0
"""Longest wait for the next piece once there were some; the caller of a reply waits 15 s for a segment."""
BACKOFF_S = 0.2
"""Doubles with every attempt; the wait is drawn between nothing and it, so that many callers do not return at once."""
MOST_CONNECTIONS = 128
MOST_SEED = 2**31
"""Larger seeds are refused by some of the protocol's servers."""
_DATA = b"data:"
_OTHER_FIELDS = (b":", b"event:", b"id:", b"retry:")
"""Of an event stream: comments that keep the connection open, and what this protocol does not use."""
_ENDS = {"stop": "stop", "length": "length"}


@dataclass(frozen=True)
class Wanted:
    """`first_by`: when the first words must be there, on `time.monotonic`; no wait goes beyond it."""

    messages: tuple[Message, ...]
    seed: int
    sampling: Sampling
    max_tokens: int
    first_by: float


@dataclass(frozen=True)
class Said:
    """`ended` as a race's Piece has it."""

    text: str
    ended: str = ""


class RemoteService:
    """The connections to one service. `on_attempt` is told of each request whether it was "answered", or the code of
    the error it met."""

    def __init__(self, setting: RemoteSetting) -> None:
        key = {"Authorization": f"Bearer {setting.key}"} if setting.key else {}
        self._model = setting.model
        self.on_attempt: Callable[[str], None] = lambda outcome: None
        self._http = httpx.AsyncClient(
            base_url=setting.url,
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity", **key},
            verify=ssl.create_default_context(),
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=20),
            trust_env=False,
            follow_redirects=False,
        )

    async def completion(self, wanted: Wanted) -> AsyncIterator[Said]:
        """Pieces up to one that has `ended`; leaving it closes the connection.

        Raises:
            EngineError: of the kind that says what happened; EngineUnavailableError where it broke off.
        """
        async with AsyncExitStack() as stack:
            response = await self._opened(wanted, stack)
            with _as_engine_errors():
                async for said in _said(response):
                    yield said

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _opened(self, wanted: Wanted, stack: AsyncExitStack) -> httpx.Response:
        """The answer's beginning. Asks again after a wait, while there is time and the error is worth it."""
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._asked(wanted, stack)
            except (EngineAwayError, EngineBusyError) as error:
                wait_s = _wait_s(error, attempt)
                if time.monotonic() + wait_s >= wanted.first_by:
                    raise
            await asyncio.sleep(wait_s)
        return await self._asked(wanted, stack)

    async def _asked(self, wanted: Wanted, stack: AsyncExitStack) -> httpx.Response:
        try:
            async with AsyncExitStack() as trying:
                with _as_engine_errors(before_answer=True):
                    asking = self._http.stream(
                        "POST", "/chat/completions", content=self._body(wanted), timeout=_timeout(wanted)
                    )
                    response = await trying.enter_async_context(asking)
                _refuse_bad_status(response)
                stack.push_async_exit(trying.pop_all())
        except EngineError as error:
            self.on_attempt(error.code)
            raise
        self.on_attempt("answered")
        return response

    def _body(self, wanted: Wanted) -> bytes:
        """What every server of the protocol takes; a penalty for repetition is an extension of some."""
        return strict.dumps(
            {
                "model": self._model,
                "messages": [{"role": each.role, "content": each.text} for each in wanted.messages],
                "temperature": wanted.sampling.temperature,
                "top_p": wanted.sampling.top_p,
                "max_tokens": wanted.max_tokens,
                "seed": wanted.seed % MOST_SEED,
                "stream": True,
            }
        )


def _timeout(wanted: Wanted) -> httpx.Timeout:
    """Until the first words the silence may be as long as they may take."""
    left_s = max(0.1, wanted.first_by - time.monotonic())
    return httpx.Timeout(max(SILENCE_S, left_s), connect=min(CONNECT_S, left_s), write=SEND_S, pool=1.0)


def _wait_s(error: EngineError, attempt: int) -> float:
    backoff_s = random.uniform(0, BACKOFF_S * 2**attempt)  # noqa: S311 - spreads callers, keeps no secret
    return error.retry_after_s + backoff_s if isinstance(error, EngineBusyError) else backoff_s


@contextlib.contextmanager
def _as_engine_errors(*, before_answer: bool = False) -> Iterator[None]:
    """A connection that ends `before_answer` took nothing: a kept one learns only in use that the other side left."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise EngineAwayError(f"the remote engine cannot be reached ({type(error).__name__})") from error
    except httpx.PoolTimeout as error:
        raise EngineBusyError("every connection to the remote engine is in use") from error
    except httpx.TimeoutException as error:
        raise EngineDeadlineError("the remote engine took too long") from error
    except (httpx.HTTPError, OSError) as error:
        kind = EngineAwayError if before_answer else EngineUnavailableError
        raise kind(f"the remote engine broke off ({type(error).__name__})") from error


def _refuse_bad_status(response: httpx.Response) -> None:
    """Never reads the body of a refusal: it may repeat what was sent."""
    status, retry_after_s = response.status_code, _retry_after_s(response)
    if status == 200:
        return
    if status == 429 or (status == 503 and retry_after_s is not None):
        raise EngineBusyError("the remote engine is busy", retry_after_s=retry_after_s or 1)
    if status in (502, 503, 504):
        raise EngineAwayError(f"the remote engine is away (status {status})")
    if 300 <= status < 500:
        raise EngineRefusedError(f"the remote engine refused the request (status {status})")
    raise EngineError(f"the remote engine failed (status {status})")


def _retry_after_s(response: httpx.Response) -> int | None:
    """Whole seconds from now, whether the header says seconds or a date; None where it says neither."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return int(said[:9])
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    left_s = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0, int(left_s) + 1)


async def _said(response: httpx.Response) -> AsyncIterator[Said]:
    async with contextlib.aclosing(lines_of(response.aiter_bytes())) as lines:
        async for line in lines:
            if line.startswith(_OTHER_FIELDS):
                continue
            if not line.startswith(_DATA):
                raise EngineGarbageError("what the remote engine sent is no stream of a completion")
            data = line.removeprefix(_DATA).strip()
            if data == b"[DONE]":
                break
            said = _piece(data)
            if said.text or said.ended:
                yield said
            if said.ended:
                return
    raise EngineUnavailableError("the remote engine went away in the middle of a reply")


def _piece(data: bytes) -> Said:
    """What one chunk adds; a reason to end that is neither the text's end nor its length loses the text."""
    try:
        chunk = strict.loads(data, max_bytes=MAX_LINE_BYTES, what="the remote engine's chunk")
        if chunk.get("error"):
            raise EngineError("the remote engine reported an error")
        choices = strict.many(chunk.get("choices"), "choices", strict.mapping, most=1)
        if not choices:
            return Said("")
        delta = strict.mapping(choices[0].get("delta") or {}, "delta")
        text = strict.text(delta.get("content") or "", "content", longest=MAX_MESSAGE_CHARACTERS, empty=True)
        reason = choices[0].get("finish_reason")
        return Said(text, _ENDS.get(strict.text(reason, "finish_reason", longest=64), LOST) if reason else "")
    except ContractError as error:
        raise EngineGarbageError("what the remote engine sent cannot be read") from error
