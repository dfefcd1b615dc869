"""GET /adapters: the registered adapters with their cards, figures and history, and what the gate would say."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference.models.facts import facts
from inference.models.registry import Registry


async def adapters(request: Request) -> JSONResponse:
    return JSONResponse(await asyncio.to_thread(facts, Registry()))


ROUTE = Route("/adapters", adapters, methods=["GET"])
