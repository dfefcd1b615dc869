"""Asks the worker's layer about a message, within a limit, and never fails: without an answer the lexical layer stands.

Shared by every edge that takes turns. Nothing that was said is logged, nor what the worker wrote.
"""

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from apps.core.metrics import ASSESS_SECONDS, ASSESSMENTS
from inference.contracts import Assessment, AssessRequest, Message, ReplySource, Role
from inference.errors import EngineError

MOST_MESSAGES = 24
MOST_CHARACTERS = 24_000
"""How much of a talk goes with a message: the newest that fit."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_.\-]*")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Assessed:
    """The worker's answer, or None with the code of why there is none; and how long the turn waited for it.

    `why` is "" for a whole answer, "partial" for one that some detector could not add to."""

    assessment: Assessment | None
    why: str
    took_ms: int = 0

    @property
    def partial(self) -> bool:
        return self.assessment is None or self.assessment.partial


NOT_ASKED = Assessed(None, "not_asked")
"""Where there is no worker at all."""


def request_for(request_id: str, mode: str, text: str, *, talk: Sequence[tuple[str, str]]) -> AssessRequest:
    """What the worker is asked about a person's message. `talk`: (person, persona) before it, oldest first; either may
    be empty."""
    return AssessRequest(request_id, (*newest_messages(talk), Message(Role.USER, text)), mode)


def newest_messages(talk: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
    """The newest messages of a talk that may go with another, oldest first."""
    before = [
        Message(role, said)
        for pair in talk
        for role, said in zip((Role.USER, Role.ASSISTANT), pair, strict=True)
        if said.strip()
    ][-MOST_MESSAGES:]
    while sum(len(message.text) for message in before) > MOST_CHARACTERS:
        before.pop(0)
    return tuple(before)


async def ask(source: ReplySource, request: AssessRequest, *, within_s: float | None = None) -> Assessed:
    """Within `settings.ASSESS_LIMIT_S`, which is how long a person may wait for being heard, or within `within_s`.
    Whatever goes wrong is counted and said in the answer, never raised."""
    begun = time.perf_counter()
    assessment, why = None, ""
    try:
        async with asyncio.timeout(within_s or settings.ASSESS_LIMIT_S):
            assessment = await source.assess(request, deadline_s=within_s)
        if not _can_be_of(assessment, request.messages[-1].text):
            assessment, why = None, "assessment_garbage"
        elif assessment.partial:
            why = "partial"
    except TimeoutError:
        why = "engine_deadline"
    except EngineError as error:
        why = error.code
    except Exception as error:  # noqa: BLE001  (a mistake of ours must not cost anybody their turn)
        log.error("asking for an assessment failed: %s", type(error).__name__)
        why = "failed"
    took_s = time.perf_counter() - begun
    ASSESSMENTS.labels(why or "whole").inc()
    ASSESS_SECONDS.observe(took_s)
    if assessment is None:
        log.warning("the worker did not assess a message (%s); the lexical screen stands", why)
    return Assessed(assessment, why, int(took_s * 1000))


def _can_be_of(assessment: Assessment, text: str) -> bool:
    """Whether an answer can be about this text: every span lies in it, every name is a name."""
    spans = [(found.start, found.end) for found in (*assessment.findings, *assessment.codes)]
    names = [
        *(finding.kind for finding in assessment.findings),
        *(finding.detector for finding in assessment.findings if finding.detector),
        *(label.name for label in assessment.labels),
    ]
    return all(_lies_in(start, end, len(text)) for start, end in spans) and all(map(_NAME.fullmatch, names))


def _lies_in(start: int | None, end: int | None, length: int) -> bool:
    if start is None or end is None:
        return start is end
    return 0 <= start <= end <= length
