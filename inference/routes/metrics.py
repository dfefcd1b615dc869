"""GET /metrics: the worker's figures in Prometheus' text format."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def metrics(request: Request) -> Response:
    state = request.app.state
    state.metrics.look_at(state.engine.status())
    if state.remote is not None:
        state.metrics.remote.look_at(state.remote.breaker_state)
    return Response(generate_latest(state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


ROUTE = Route("/metrics", metrics, methods=["GET"])
