"""POST /adapters/promote {"name", "sha256", "by"}: past the gate, then loaded; what the gate said.

An adapter that passes and cannot be loaded, or does not fit the model that speaks, gives the place back at once.
"""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict
from inference.engine.protocol import Engine
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
    engine = request.app.state.engine
    if verdict.passed and (why := await _taken_up(engine, name)):
        await asyncio.to_thread(registry.roll_back, name, by=by, reason="could not be loaded")
        with contextlib.suppress(ModelError):
            await engine.reload("")
        raise ModelError(why)
    return JSONResponse({"promoted": verdict.passed, "reasons": list(verdict.reasons)})


async def _taken_up(engine: Engine, name: str) -> str:
    """Load what was promoted; why it does not speak then, "" where it does."""
    try:
        await engine.reload("")
    except ModelError as error:
        return str(error)
    return next((each.why for each in engine.status().refused if each.name == name), "")


ROUTE = Route("/adapters/promote", promote_adapter, methods=["POST"])
