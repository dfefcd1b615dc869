"""GET /status: which model speaks, how much waits, and by which versions is decided. For administrators' keys."""

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from apps.api import companion
from apps.api.access import KeyHeld
from apps.api.enums import Scope
from apps.api.journal import note
from apps.api.responses import WITH_ERRORS
from apps.api.schemas import StatusOut
from apps.api.worker import worker_status
from apps.audit.actions import Action
from apps.safety.panels import version as panels_version
from apps.safety.policy import VERSION

router = Router(tags=["Operations"])


@router.get(
    "/status",
    response={200: StatusOut, **WITH_ERRORS},
    auth=KeyHeld(Scope.ADMIN),
    summary="How the worker stands",
)
async def status(request: HttpRequest) -> StatusOut:
    """Needs the scope `admin`."""
    await note(request.auth, Action.API_STATUS_VIEWED)
    versions = {"policy": VERSION, "panels": panels_version(), "companion": companion.version()}
    return StatusOut(worker=await worker_status(), engine=settings.ENGINE, versions=versions)
