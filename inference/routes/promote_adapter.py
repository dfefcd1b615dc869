"""POST /adapters/promote {"name", "sha256", "by"}: past the gate, then loaded; what the gate said.

An adapter that passes and cannot be loaded gives the place back at once.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict
from inference.errors import ModelError
from inference.models.registry import Registry
from inference.server_io import read_json


async def promote_adapter(request: Request) -> JSONResponse:
    body = await read_json(request)
    strict.only(body, frozenset({"name", "sha256", "by"}), "request")
    name = strict.text(body.get("name"), "name", longest=40)
    sha256 = strict.text(body.get("sha256"), "sha256", longest=64)
    by = strict.text(body.get("by", ""), "by", longest=100, empty=True)
    registry = Registry()
    verdict = await asyncio.to_thread(registry.promote, name, sha256, by=by)
    if verdict.passed:
        try:
            await request.app.state.engine.reload("")
        except ModelError:
            await asyncio.to_thread(registry.roll_back, name, by=by, reason="could not be loaded")
            raise
    return JSONResponse({"promoted": verdict.passed, "reasons": list(verdict.reasons)})


ROUTE = Route("/adapters/promote", promote_adapter, methods=["POST"])
