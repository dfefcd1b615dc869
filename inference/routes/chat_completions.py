"""POST /v1/chat/completions: the OpenAI protocol, streamed or whole, raw and unjudged; never exposed to people."""

import secrets
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from inference import strict_json as strict
from inference.completion import CompletionRequest, TextEvent
from inference.contracts import FinishedEvent, FinishReason
from inference.errors import InferenceError
from inference.server_io import read_json
from inference.streaming import EventStreamResponse, until_reader_leaves

_STREAM_END = b"data: [DONE]\n\n"


async def chat_completions(request: Request) -> Response:
    asked = CompletionRequest.from_json(await read_json(request))
    state = request.app.state
    events = state.engine.complete(asked)
    watched = state.metrics.watch(events, route="completions")
    answer = _Answer(state.engine.status().model.name)
    if asked.stream:
        chunks = answer.chunks(watched, include_usage=asked.include_usage)
        return EventStreamResponse(events, chunks, media_type="text/event-stream")
    return await until_reader_leaves(request, events, answer.whole(watched))


class _Answer:
    """The fields that every chunk of one answer shares."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())

    async def whole(self, events: AsyncIterator[TextEvent | FinishedEvent]) -> JSONResponse:
        text, reason, usage = "", "stop", None
        async for event in events:
            if isinstance(event, TextEvent):
                text += event.text
            else:
                reason, usage = _reason(event), _usage(event)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
        return JSONResponse({**self._body("chat.completion"), "choices": [choice], "usage": usage})

    async def chunks(
        self, events: AsyncIterator[TextEvent | FinishedEvent], *, include_usage: bool
    ) -> AsyncIterator[bytes]:
        yield self._chunk({"role": "assistant", "content": ""}, None)
        try:
            async for event in events:
                if isinstance(event, TextEvent):
                    yield self._chunk({"content": event.text}, None)
                else:
                    yield self._chunk({}, _reason(event))
                    if include_usage:
                        body = self._body("chat.completion.chunk")
                        yield _data({**body, "choices": [], "usage": _usage(event)})
        except InferenceError as error:
            yield _data({"error": {"code": error.code, "message": str(error)}})
        yield _STREAM_END

    def _chunk(self, delta: dict[str, str], reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _data({**self._body("chat.completion.chunk"), "choices": [choice]})

    def _body(self, kind: str) -> dict[str, strict.Json]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}


def _data(value: strict.Json) -> bytes:
    return b"data: " + strict.dumps(value) + b"\n\n"


def _usage(event: FinishedEvent) -> dict[str, strict.Json] | None:
    """As the protocol names it; None where the engine does not count."""
    used = event.usage
    if used is None:
        return None
    return {
        "prompt_tokens": used.prompt,
        "completion_tokens": used.spoken,
        "total_tokens": used.prompt + used.spoken,
    }


def _reason(event: FinishedEvent) -> str:
    return "stop" if event.reason == FinishReason.DONE else "length"


ROUTE = Route("/v1/chat/completions", chat_completions, methods=["POST"])
