"""GET /status: which model speaks, how much waits, how much is being said."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict


async def status(request: Request) -> JSONResponse:
    return JSONResponse(strict.plain(request.app.state.engine.status()))


ROUTE = Route("/status", status, methods=["GET"])
