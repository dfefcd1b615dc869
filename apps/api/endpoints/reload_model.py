"""POST /reload-model: another model, or the same again, without dropping a reply."""

import asyncio
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Router

from apps.api.access import KeyHeld
from apps.api.enums import Scope
from apps.api.errors import ApiError
from apps.api.journal import note
from apps.api.queries import Holder
from apps.api.responses import WITH_ERRORS
from apps.api.schemas import ErrorAnswer, ReloadIn, ReloadOut
from apps.api.worker import reload_model
from apps.audit.actions import Action

router = Router(tags=["Operations"])

_loading: set[asyncio.Task[Mapping[str, Any]]] = set()
"""Held here, since a loop holds its tasks weakly."""


@router.post(
    "/reload-model",
    response={200: ReloadOut, **WITH_ERRORS, 504: ErrorAnswer},
    auth=KeyHeld(Scope.ADMIN),
    summary="Have the worker load a model",
)
async def reload(request: HttpRequest, body: ReloadIn) -> ReloadOut:
    """Needs the scope `admin`. Replies being given are finished by the model that began them. Answers once the model
    speaks, which may take ten minutes; whoever leaves before does not stop it. `still_loading` (504): how it ended is
    not known, and `/status` tells which model speaks."""
    await note(request.auth, Action.MODEL_RELOADED, purpose="asked")
    loading = asyncio.create_task(_load(request.auth, body.model))
    _loading.add(loading)
    loading.add_done_callback(_loading.discard)
    return ReloadOut(model=dict(await asyncio.shield(loading)))


async def _load(holder: Holder, model: str) -> Mapping[str, Any]:
    """To its end, whoever waits for it; how it ended is written down."""
    outcome = "failed"
    try:
        loaded = await reload_model(model)
        outcome = "done"
    except ApiError as error:
        outcome = error.code
        raise
    finally:
        await note(holder, Action.MODEL_RELOADED, purpose=outcome)
    return loaded
