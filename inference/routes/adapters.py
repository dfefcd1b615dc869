"""GET /adapters: the registered adapters with their cards, figures and history, what the gate would say, and of those
that should speak and do not, why."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference.models.facts import facts
from inference.models.registry import Registry


async def adapters(request: Request) -> JSONResponse:
    refused = {each.name: each.why for each in request.app.state.engine.status().refused}
    return JSONResponse(await asyncio.to_thread(facts, Registry(), refused))


ROUTE = Route("/adapters", adapters, methods=["GET"])
