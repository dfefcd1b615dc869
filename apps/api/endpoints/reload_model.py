"""POST /reload-model: another model, or the same again, without dropping a reply."""

from django.http import HttpRequest
from ninja import Router

from apps.api.access import KeyHeld
from apps.api.enums import Scope
from apps.api.journal import note
from apps.api.responses import WITH_ERRORS
from apps.api.schemas import ReloadIn, ReloadOut
from apps.api.worker import reload_model
from apps.audit.actions import Action

router = Router(tags=["Operations"])


@router.post(
    "/reload-model",
    response={200: ReloadOut, **WITH_ERRORS},
    auth=KeyHeld(Scope.ADMIN),
    summary="Have the worker load a model",
)
async def reload(request: HttpRequest, body: ReloadIn) -> ReloadOut:
    """Needs the scope `admin`. Replies being given are finished by the model that began them."""
    await note(request.auth, Action.MODEL_RELOADED, purpose="asked")
    model = await reload_model(body.model)
    await note(request.auth, Action.MODEL_RELOADED, purpose="done")
    return ReloadOut(model=dict(model))
