"""POST /v1/assess: what the detectors see in the last message, with the ones before it as its history."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference.contracts import AssessRequest
from inference.server_io import read_json


async def assess(request: Request) -> JSONResponse:
    began, state = time.monotonic(), request.app.state
    asked = AssessRequest.from_json(await read_json(request))
    assessment = await run_in_threadpool(state.assessor.assess, asked)
    state.metrics.assessed([assessment], time.monotonic() - began)
    return JSONResponse(assessment.to_json())


ROUTE = Route("/v1/assess", assess, methods=["POST"])
