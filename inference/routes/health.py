"""GET /health: 200 when replies are taken, 503 while loading or draining. Open to anybody who can connect."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def health(request: Request) -> JSONResponse:
    ready = request.app.state.engine.status().ready
    return JSONResponse({"ready": ready}, status_code=200 if ready else 503)


ROUTE = Route("/health", health, methods=["GET"])
