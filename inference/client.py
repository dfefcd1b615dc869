"""Asks the inference worker over HTTP, from the web process's event loop.

Torch-free, knows nothing of Django. Whatever happens to the worker (gone, hung, killed in the middle, sending
nonsense) becomes one EngineError within a known time. Nothing a person or a model wrote is logged or put into an error.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import replace
from typing import TypeVar

import httpx

from inference import strict_json as strict
from inference.contracts import (
    MAX_BODY_BYTES,
    MAX_LINE_BYTES,
    Assessment,
    AssessRequest,
    ErrorEvent,
    FinishedEvent,
    ReplyEvent,
    ReplyRequest,
    SegmentEvent,
    event_from_json,
)
from inference.errors import (
    ContractError,
    EngineAwayError,
    EngineBusyError,
    EngineDeadlineError,
    EngineError,
    EngineGarbageError,
    EngineNotOfferedError,
    EngineRefusedError,
    EngineUnavailableError,
    engine_error,
)
from inference.lines import lines_of

T = TypeVar("T")

CONNECT_S = 1.0
"""The worker is beside us: a connection that takes longer will not come."""
SEGMENT_DEADLINE_S = 15.0
"""Longest silence between two segments; the default model needs under a second for one."""
GRACE_S = 0.5
"""The worker keeps the deadlines too and says so in a last line; that line gets this long to arrive."""


class WorkerClient:
    """A ReplySource over HTTP. One for a process's life, used from one event loop; `aclose` at its end."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        assess_deadline_s: float = 0.3,
        segment_deadline_s: float = SEGMENT_DEADLINE_S,
        max_connections: int = 400,
    ) -> None:
        self._assess_deadline_s = assess_deadline_s
        self._segment_deadline_s = segment_deadline_s
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(None, connect=CONNECT_S, pool=CONNECT_S),
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=50),
            trust_env=False,
            follow_redirects=False,
        )

    async def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        """SegmentEvents and one last FinishedEvent; any failure is an EngineError.

        Leaving it (`async with contextlib.aclosing(client.reply(...))`) cancels the worker's generation. The
        request's own deadlines count from the first `anext`."""
        body = _reply_body(request)
        clock = _Clock(request, self._segment_deadline_s)
        async with contextlib.AsyncExitStack() as stack:
            with _as_engine_errors(before_answer=True):
                asking = self._http.stream("POST", "/v1/reply", content=body, headers=_JSON)
                response = await clock.within(stack.enter_async_context(asking))
                _refuse_bad_status(response)
                lines = await stack.enter_async_context(contextlib.aclosing(lines_of(response.aiter_raw())))
            while True:
                with _as_engine_errors():
                    line = await clock.within(anext(lines, None))
                event = _event(line)
                yield event
                if isinstance(event, FinishedEvent):
                    return
                clock.heard_segment()

    async def assess(self, request: AssessRequest, *, deadline_s: float | None = None) -> Assessment:
        """What the worker's detectors saw; an EngineError after the deadline (the client's own, 300 ms by default,
        where the request names none)."""
        with _as_engine_errors():
            async with asyncio.timeout(deadline_s or self._assess_deadline_s):
                response = await self._http.post(
                    "/v1/assess", content=_body(request.to_json()), headers=_JSON
                )
            _refuse_bad_status(response)
        try:
            return Assessment.from_json(
                strict.loads(response.content, max_bytes=MAX_BODY_BYTES, what="assessment")
            )
        except ContractError as error:
            raise EngineGarbageError("the worker's assessment cannot be read") from error

    async def health(self) -> bool:
        """Whether the worker answers and is ready to reply; never raises."""
        try:
            async with asyncio.timeout(2 * CONNECT_S):
                return (await self._http.get("/health")).status_code == 200
        except (httpx.HTTPError, TimeoutError, OSError):
            return False

    async def aclose(self) -> None:
        await self._http.aclose()


_JSON = {"Content-Type": "application/json", "Accept-Encoding": "identity"}


def _reply_body(request: ReplyRequest) -> bytes:
    """Both of its forms; where they are longer together than a request may be, the one that any model can follow."""
    body = strict.dumps(request.to_json())
    if request.adapted is not None and len(body) > MAX_BODY_BYTES:
        request = replace(request, adapted=None)
    return _body(request.to_json())


def _body(value: strict.Json) -> bytes:
    body = strict.dumps(value)
    if len(body) > MAX_BODY_BYTES:
        raise EngineRefusedError(f"the request is longer than {MAX_BODY_BYTES} bytes")
    return body


class _Clock:
    """The deadlines of a reply: first words, each later segment, the whole turn."""

    def __init__(self, request: ReplyRequest, segment_deadline_s: float) -> None:
        begun = time.monotonic()
        self._segment_deadline_s = segment_deadline_s
        self._whole_at = begun + request.deadline_s + GRACE_S
        self._next_at = begun + request.first_words_deadline_s + GRACE_S

    def heard_segment(self) -> None:
        self._next_at = time.monotonic() + self._segment_deadline_s

    async def within(self, waiting: Awaitable[T]) -> T:
        left_s = min(self._whole_at, self._next_at) - time.monotonic()
        async with asyncio.timeout(max(0.0, left_s)):
            return await waiting


@contextlib.contextmanager
def _as_engine_errors(*, before_answer: bool = False) -> Iterator[None]:
    """`before_answer`: nothing of an answer came yet, so whoever was there is counted as never having been: a kept
    connection learns of a killed worker only when it is used."""
    try:
        yield
    except TimeoutError as error:
        raise EngineDeadlineError("the worker took too long") from error
    except httpx.PoolTimeout as error:
        raise EngineBusyError("every connection to the worker is in use") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise EngineAwayError(f"there is no worker ({type(error).__name__})") from error
    except (httpx.HTTPError, OSError) as error:
        if before_answer:
            raise EngineAwayError(f"the worker gave no answer ({type(error).__name__})") from error
        raise EngineUnavailableError(f"the worker cannot be reached ({type(error).__name__})") from error


def _refuse_bad_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status == 429:
        waits = response.headers.get("Retry-After", "")
        raise EngineBusyError(retry_after_s=int(waits) if waits.isascii() and waits.isdigit() else 1)
    if status == 409:
        raise EngineNotOfferedError("this worker does not offer the remote engine that was asked for")
    if status == 503:
        raise EngineAwayError("the worker is not ready")
    if 400 <= status < 500:
        raise EngineRefusedError(f"the worker refused the request with status {status}")
    raise EngineError(f"the worker failed with status {status}")


def _event(line: bytes | None) -> SegmentEvent | FinishedEvent:
    if line is None:
        raise EngineUnavailableError("the worker went away in the middle of a reply")
    try:
        event: ReplyEvent = event_from_json(
            strict.loads(line, max_bytes=MAX_LINE_BYTES, what="the worker's event")
        )
    except ContractError as error:
        raise EngineGarbageError("the worker's event cannot be read") from error
    if isinstance(event, ErrorEvent):
        raise engine_error(event.code)
    return event
