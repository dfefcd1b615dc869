"""POST /reload-model {"model": folder or id, "" for the same again}: answers when the other model speaks."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict
from inference.server_io import read_json


async def reload_model(request: Request) -> JSONResponse:
    body = await read_json(request)
    strict.only(body, frozenset({"model"}), "request")
    source = strict.text(body.get("model", ""), "model", longest=500, empty=True)
    model = await request.app.state.engine.reload(source)
    return JSONResponse({"model": strict.plain(model)})


ROUTE = Route("/reload-model", reload_model, methods=["POST"])
