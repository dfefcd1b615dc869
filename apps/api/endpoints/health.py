"""GET /health: whether the API can answer. Open to everybody, and tells no secrets."""

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from apps.api.schemas import HealthOut
from apps.core.engines import reply_source
from apps.core.health import readiness
from apps.core.store import outside_walls

router = Router(tags=["Health"])


@router.get(
    "/health", response={200: HealthOut, 503: HealthOut}, summary="Whether the API can answer", auth=None
)
async def health(request: HttpRequest) -> Status:
    """`degraded` still answers: without the worker dangers are heard by the lexical layer, and replies wait."""
    state = await outside_walls(readiness)
    worker = await reply_source().health()
    missing = [*state.degraded, *([] if worker else ["worker"])]
    word = "unavailable" if not state.database else "degraded" if missing else "ok"
    answer = HealthOut(status=word, database=state.database, worker=worker, degraded=missing)
    return Status(200 if state.database else 503, answer)
