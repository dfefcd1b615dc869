"""Lets the inference worker word a simulated client's replies, for scripted runs; authored where it cannot.

The live session has its own path (streamed, stored segment by segment); this one gathers a whole reply.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from apps.practice.dynamics import Reaction
from apps.practice.prompt import reply_request
from apps.practice.scripts import Scene, Wording, speak_authored
from apps.safety import policy
from apps.scenarios.case import Case
from inference.client import WorkerClient
from inference.contracts import ReplyRequest, SegmentEvent
from inference.errors import EngineRefusedError
from inference.safety.wording import wording_findings


class WorkerSpeaker:
    """Owns a connection to the worker for one run. Raises EngineError where the worker is away; a reply in which
    nothing passes the checks is the author's line instead. A disclosure, and an answer to a word about dying, is
    always the author's."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._connect())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def speak(self, case: Case, reaction: Reaction, scene: Scene) -> Wording:
        if reaction.is_the_author_s:
            return speak_authored(case, reaction, scene)
        request = reply_request(
            case,
            reaction,
            history=paired(scene.history[:-1]),
            text=scene.text,
            seed=scene.seed,
            request_id=f"simulate-{scene.seed}-{reaction.n}",
        )
        text = self._runner.run(self._gather(request))
        if not text:
            return speak_authored(case, reaction, scene)
        return Wording(text, "model", reaction.cue.id if reaction.cue else "")

    async def _connect(self) -> WorkerClient:
        return WorkerClient(self._url, self._secret)

    async def _gather(self, request: ReplyRequest) -> str:
        """The segments that pass, up to the first that does not."""
        segments: list[str] = []
        with contextlib.suppress(EngineRefusedError):
            async with contextlib.aclosing(self._client.reply(request)) as events:
                async for event in events:
                    if not isinstance(event, SegmentEvent):
                        break
                    found = wording_findings(event.text, limits=request.limits)
                    if not policy.judge(request.limits.person, findings=(*event.findings, *found)).show:
                        break
                    segments.append(event.text)
        return " ".join(segments)


def paired(history: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """(speaker, text) in order -> (therapist, client); the opening stands beside an empty therapist's text."""
    pairs, therapist = [], ""
    for speaker, text in history:
        if speaker == "therapist":
            therapist = text
        else:
            pairs.append((therapist, text))
            therapist = ""
    return pairs
