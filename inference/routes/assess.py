"""POST /v1/assess: what the detectors see in the last message, with the ones before it as its history."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from inference.contracts import Assessment, AssessRequest, Role
from inference.insight.behaviour import code_turn
from inference.safety.screen import screen
from inference.server_io import read_json


async def assess(request: Request) -> JSONResponse:
    asked = AssessRequest.from_json(await read_json(request))
    assessment = await run_in_threadpool(assessment_of, asked)
    return JSONResponse(assessment.to_json())


def assessment_of(asked: AssessRequest) -> Assessment:
    last, before = asked.messages[-1], asked.messages[:-1]
    screening = screen(last.text, history=[m.text for m in before if m.role == last.role])
    client = next((m.text for m in reversed(before) if m.role == Role.ASSISTANT), "")
    coding = code_turn(last.text, previous_client=client)
    return Assessment(
        findings=tuple(screening.findings),
        about_self=screening.about_self,
        codes=coding.codes,
        abstained=coding.abstained,
        versions={"screen": screening.version, "behaviour": coding.version},
    )


ROUTE = Route("/v1/assess", assess, methods=["POST"])
