"""POST /v1/reply: a ReplyRequest in, its judged segments out as NDJSON, one event a line."""

from collections.abc import AsyncIterator

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inference import strict_json as strict
from inference.contracts import ErrorEvent, FinishedEvent, ReplyRequest, SegmentEvent
from inference.engine.protocol import Speaks
from inference.errors import EngineNotOfferedError, InferenceError
from inference.metrics import Metrics
from inference.server_io import read_json
from inference.streaming import EventStreamResponse


async def reply(request: Request) -> Response:
    asked = ReplyRequest.from_json(await read_json(request))
    state = request.app.state
    route = "remote" if asked.remote_engine else "reply"
    try:
        events = _engine(state, asked).reply(asked)
    except InferenceError as error:
        state.metrics.failed(route, error.code)
        raise
    return EventStreamResponse(
        events, _lines(events, state.metrics, route=route), media_type="application/x-ndjson"
    )


def _engine(state: State, asked: ReplyRequest) -> Speaks:
    """The engine that the request names, and no other.

    Raises:
        EngineNotOfferedError: it names a remote engine, and there is none.
    """
    if not asked.remote_engine:
        return state.engine
    if state.remote is None:
        raise EngineNotOfferedError("this worker has no remote engine")
    return state.remote


async def _lines(
    events: AsyncIterator[SegmentEvent | FinishedEvent], metrics: Metrics, *, route: str
) -> AsyncIterator[bytes]:
    try:
        async for event in metrics.watch(events, route=route):
            yield strict.dumps(event.to_json()) + b"\n"
    except InferenceError as error:
        yield strict.dumps(ErrorEvent(error.code, error.retryable).to_json()) + b"\n"


ROUTE = Route("/v1/reply", reply, methods=["POST"])
