"""POST /adapters/roll-back {"name", "by"}: the place back to whoever had it before; answers when that one is loaded."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict
from inference.models.registry import Registry
from inference.server_io import read_json


async def roll_back_adapter(request: Request) -> JSONResponse:
    body = await read_json(request)
    strict.only(body, frozenset({"name", "by"}), "request")
    name = strict.text(body.get("name"), "name", longest=40)
    by = strict.text(body.get("by", ""), "by", longest=100, empty=True)
    back = await asyncio.to_thread(Registry().roll_back, name, by=by)
    await request.app.state.engine.reload("")
    return JSONResponse({"speaks": back.sha256 if back else ""})


ROUTE = Route("/adapters/roll-back", roll_back_adapter, methods=["POST"])
