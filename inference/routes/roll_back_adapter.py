"""POST /adapters/roll-back {"name", "by"}: the place back to whoever had it before; answers when that one is loaded.

`loaded` is false where it has the place and the worker could not take it up; the registry holds the change.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict
from inference.engine.protocol import Engine
from inference.errors import EngineBusyError, ModelError
from inference.models.registry import Registry
from inference.server_io import read_json


async def roll_back_adapter(request: Request) -> JSONResponse:
    body = await read_json(request)
    strict.only(body, frozenset({"name", "by"}), "request")
    name = strict.text(body.get("name"), "name", longest=40)
    by = strict.text(body.get("by", ""), "by", longest=100, empty=True)
    back = await asyncio.to_thread(Registry().roll_back, name, by=by)
    loaded = await _is_taken_up(request.app.state.engine, name)
    return JSONResponse({"speaks": back.sha256 if back else "", "loaded": loaded})


async def _is_taken_up(engine: Engine, name: str) -> bool:
    try:
        await engine.reload("")
    except (ModelError, EngineBusyError, TimeoutError):
        return False
    return all(each.name != name for each in engine.status().refused)


ROUTE = Route("/adapters/roll-back", roll_back_adapter, methods=["POST"])
