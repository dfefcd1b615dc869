"""POST /infer: one message, one reply, with what was measured."""

from django.http import HttpRequest
from ninja import Router

from apps.api.access import KeyHeld
from apps.api.enums import Scope
from apps.api.inferring import infer
from apps.api.responses import WITH_ERRORS
from apps.api.schemas import InferIn, InferOut
from apps.audit.context import current_context

router = Router(tags=["Replies"])


@router.post(
    "/infer", response={200: InferOut, **WITH_ERRORS}, auth=KeyHeld(Scope.INFER), summary="Answer one message"
)
async def infer_one(request: HttpRequest, body: InferIn) -> InferOut:
    """Needs the scope `infer`. Words about danger are answered with fixed words and ways to a person, whatever the
    persona, but in practice with a client, where they are part of the work. Nothing that was said is kept. That a
    crisis was heard is, and people of the organisation are asked to look: see `flags`."""
    return await infer(request.auth, body, request_id=current_context().request_id)
