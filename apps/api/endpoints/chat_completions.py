"""POST /chat/completions: the OpenAI protocol, whole or streamed; a piece is streamed once it was judged."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Router

from apps.api.access import KeyHeld
from apps.api.answering import Reply, said, speak
from apps.api.completions import Completion, CompletionIn, CompletionOut, asked_of
from apps.api.enums import Scope
from apps.api.errors import ApiError, AwayError
from apps.api.exchange import prepare
from apps.api.middleware import dumped
from apps.api.responses import WITH_ERRORS
from apps.audit.context import current_context
from apps.core.middleware import AWAY
from apps.core.store import outside_walls

END = "data: [DONE]\n\n"

router = Router(tags=["Replies"])


@router.post(
    "/chat/completions",
    response={200: CompletionOut, **WITH_ERRORS},
    auth=KeyHeld(Scope.INFER),
    summary="Answer a conversation (OpenAI protocol)",
)
async def chat_completions(request: HttpRequest, body: CompletionIn) -> CompletionOut | HttpResponseBase:
    """Needs the scope `infer`. With `stream`, server-sent events, and with `stream_options.include_usage` one more with
    what it took; otherwise one object."""
    asked = await outside_walls(partial(asked_of, body, request_id=current_context().request_id))
    ready = await prepare(request.auth, asked, purpose="chat")
    completion = Completion(ready, model=body.model, tells_usage=body.tells_usage)
    if not body.stream:
        return completion.whole(await said(ready))
    reply = Reply()
    words = speak(ready, reply)
    first = await anext(words)  # An engine that is away is a status, while there still can be one.
    response = StreamingHttpResponse(
        _events(completion, first, words, reply, tells_usage=body.tells_usage),
        content_type="text/event-stream",
    )
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(
    completion: Completion, first: str, words: AsyncIterator[str], reply: Reply, *, tells_usage: bool
) -> AsyncIterator[str]:
    async with aclosing(words):
        yield _data(completion.opening())
        yield _data(completion.piece(first))
        try:
            async for text in words:
                yield _data(completion.piece(f" {text}"))
        except ApiError as error:
            yield _error(error)
        except AWAY:
            yield _error(AwayError())
        else:
            yield _data(completion.ending(reply))
            if tells_usage:
                yield _data(completion.count(reply))
        yield END


def _error(error: ApiError) -> str:
    return _data({"error": {"code": error.code, "message": error.message}})


def _data(value: object) -> str:
    return f"data: {dumped(value)}\n\n"
