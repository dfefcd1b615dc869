"""POST /v1/reply: a ReplyRequest in, its judged segments out as NDJSON, one event a line."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inference import strict_json as strict
from inference.contracts import ErrorEvent, FinishedEvent, ReplyRequest, SegmentEvent
from inference.errors import InferenceError
from inference.metrics import Metrics
from inference.server_io import read_json
from inference.streaming import EventStreamResponse


async def reply(request: Request) -> Response:
    asked = ReplyRequest.from_json(await read_json(request))
    events = request.app.state.engine.reply(asked)
    return EventStreamResponse(
        events, _lines(events, request.app.state.metrics), media_type="application/x-ndjson"
    )


async def _lines(
    events: AsyncIterator[SegmentEvent | FinishedEvent], metrics: Metrics
) -> AsyncIterator[bytes]:
    try:
        async for event in metrics.watch(events, route="reply"):
            yield strict.dumps(event.to_json()) + b"\n"
    except InferenceError as error:
        yield strict.dumps(ErrorEvent(error.code, error.retryable).to_json()) + b"\n"


ROUTE = Route("/v1/reply", reply, methods=["POST"])
