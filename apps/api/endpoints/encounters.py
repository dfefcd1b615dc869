"""POST /encounters: starts a session as the key's owner would with a click."""

from functools import partial

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from apps.api.access import KeyHeld
from apps.api.enums import Scope
from apps.api.responses import WITH_ERRORS
from apps.api.schemas import EncounterIn, EncounterOut
from apps.api.starting import start
from apps.core.store import in_store

router = Router(tags=["Sessions"])


@router.post(
    "/encounters",
    response={201: EncounterOut, **WITH_ERRORS},
    auth=KeyHeld(Scope.ENCOUNTERS),
    summary="Start a session",
)
async def start_encounter(request: HttpRequest, body: EncounterIn) -> Status:
    """Needs the scope `encounters`. In practice the client is chosen by name, or as the easiest who resists in the ways
    asked for."""
    return Status(201, await in_store(request.auth.organisation_id, partial(start, request.auth.actor, body)))
