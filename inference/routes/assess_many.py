"""POST /v1/assess-many {"requests": [...]}: one assessment a request, in their order; the heads read them together."""

import time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference import strict_json as strict
from inference.contracts import AssessRequest
from inference.server_io import read_json

MOST = 256
"""Requests in one body, which holds 256 kB in all."""


async def assess_many(request: Request) -> JSONResponse:
    began, state = time.monotonic(), request.app.state
    body = await read_json(request)
    strict.only(body, frozenset({"requests"}), "request")
    asked = strict.many(body.get("requests"), "requests", AssessRequest.from_json, least=1, most=MOST)
    assessments = await run_in_threadpool(state.assessor.assess_many, asked)
    state.metrics.assessed(assessments, time.monotonic() - began)
    return JSONResponse({"assessments": [assessment.to_json() for assessment in assessments]})


ROUTE = Route("/v1/assess-many", assess_many, methods=["POST"])
