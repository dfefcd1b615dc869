"""Answers one `infer` request from its schema to its schema; batches answer many of them side by side.

The one place that knows both what callers send and how a message is answered.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4, uuid5

from django.conf import settings

from apps.api.answering import Reply, said
from apps.api.companion import notice
from apps.api.errors import ApiError, AwayError, UnfitError
from apps.api.exchange import Asked, Ready, checked, paired, prepare
from apps.api.figures import FIXED_WORDS, NO_WORKER, NOT_WANTED, Measured, crisis_signals, measured
from apps.api.flagging import told
from apps.api.personas import Choice, Persona, inferred_persona, named_persona
from apps.api.queries import Holder
from apps.api.schemas import BatchEntry, ConversationMetadata, ErrorDetail, InferIn, InferOut
from apps.core.engines import reply_source
from apps.core.errors import UnavailableError
from apps.core.middleware import AWAY
from apps.core.store import outside_walls
from apps.encounters.enums import Source
from apps.safety.asking import Assessed, ask, newest_messages
from inference.contracts import AssessRequest, Message, Mode, Role

AT_ONCE = 4
"""Requests of one batch that are answered side by side."""
MEASURE_WITHIN_S = 2.0
"""For measuring a reply, with a dozen earlier ones beside it: nobody in danger waits for it, as for being heard."""


log = logging.getLogger(__name__)


def persona_of(context_type: str, texts: Sequence[str]) -> Choice:
    """Said outright, or read from the words.

    Raises:
        UnfitError: context_unknown.
    """
    if not context_type.strip():
        return inferred_persona(texts)
    choice = named_persona(context_type)
    if choice is None:
        raise UnfitError(
            "context_unknown", "context_type names no persona: support, education, practice:<client>."
        )
    return choice


def asked_of(body: InferIn, *, request_id: str) -> Asked:
    """The request, checked as the chat checks a message; which persona it wants may be read from its words, which takes
    too long for the event loop. Raises UnfitError."""
    talk = paired([(said.role, checked_earlier(said.content)) for said in body.conversation_history])
    texts = [person for person, _ in talk if person] + [body.user_query]
    return Asked(
        text=checked(body.user_query),
        talk=talk,
        choice=persona_of(body.context_type, texts),
        user_id=body.user_id,
        session_id=body.session_id,
        max_tokens=body.max_tokens,
        request_id=request_id,
    )


def checked_earlier(text: str) -> str:
    """Earlier words may be longer than a message, and are not empty."""
    if not text.strip():
        raise UnfitError("text_empty", "An earlier message has no words.")
    return text.strip()


async def infer(
    holder: Holder, body: InferIn, *, purpose: str = "infer", request_id: str = "", asked: Asked | None = None
) -> InferOut:
    """Hear, answer and measure. `asked`: the body as `asked_of` reads it, where that was done. Raises ApiError, and
    what the database raises."""
    begun = time.perf_counter()
    if asked is None:
        asked = await outside_walls(partial(asked_of, body, request_id=request_id or uuid4().hex))
    ready = await prepare(holder, asked, purpose=purpose)
    reply = await said(ready)
    wanted = body.include_metrics or body.use_eq_awareness
    read = await reply_assessment(ready, reply) if wanted else NOT_WANTED
    of_helper = ready.asked.choice.persona is not Persona.CLIENT
    numbers = measured(read, eq=body.use_eq_awareness, metrics=body.include_metrics, of_helper=of_helper)
    return InferOut(
        response=reply.text,
        inference_time_ms=round((time.perf_counter() - begun) * 1000, 1),
        eq_scores=numbers.eq,
        conversation_metadata=_metadata(ready, reply, numbers),
        persona_mode=str(ready.asked.choice.persona),
        confidence=numbers.figures["confidence"],
        request_id=asked.request_id,
    )


async def reply_assessment(ready: Ready, reply: Reply) -> Assessed:
    """The worker's reading of the reply; without one where it did not answer, or the words are the protocol's."""
    if reply.source is Source.PROTOCOL:
        return FIXED_WORDS
    if settings.ENGINE == "none":
        return NO_WORKER
    asked = ready.asked
    # Whoever was meant to be heard, a client's words are read as a client's.
    mode = Mode.PRACTICE if asked.choice.persona is Persona.CLIENT else ready.mode
    before = newest_messages([*asked.talk, (asked.text, "")])
    request = AssessRequest(asked.request_id, (*before, Message(Role.ASSISTANT, reply.text)), mode)
    return await ask(reply_source(), request, within_s=MEASURE_WITHIN_S)


def _metadata(ready: Ready, reply: Reply, numbers: Measured) -> ConversationMetadata:
    heard, choice, values = ready.heard, ready.asked.choice, numbers.figures
    return ConversationMetadata(
        detected_techniques=list(numbers.techniques),
        technique_consistency=values["technique_consistency"],
        bias_score=values["bias_score"],
        safety_score=values["safety_score"],
        therapeutic_effectiveness_score=values["therapeutic_effectiveness_score"],
        null_because=dict(numbers.nulls),
        crisis_signals=[vars(signal) for signal in crisis_signals(heard.facts)],
        source=str(reply.source),
        verdict=heard.verdict.code,
        assessed=heard.assessment is not None,
        help=list(ready.help),
        flags=told([*ready.flags, *reply.flags]),
        notice=notice(),
        persona_by=str(choice.how),
        persona_confidence=choice.confidence,
        client=ready.scenario or None,
        model=reply.model.name if reply.model and reply.source is Source.MODEL else None,
    )


def entry_id(batch_id: UUID, index: int) -> str:
    """The id of one request of a batch, the same however often the batch is answered."""
    return uuid5(batch_id, str(index)).hex


def asked_of_many(bodies: Sequence[InferIn], *, batch_id: UUID) -> list[Asked]:
    """Each request of a batch, as `asked_of`. Raises UnfitError where any of them cannot be done."""
    return [asked_of(body, request_id=entry_id(batch_id, index)) for index, body in enumerate(bodies)]


async def infer_many(
    holder: Holder,
    bodies: Sequence[InferIn],
    *,
    purpose: str = "batch",
    batch_id: UUID,
    asked: Sequence[Asked] | None = None,
) -> list[BatchEntry]:
    """Each request's answer or error, in their order, some side by side; whatever happens to one is its own. `asked`:
    the bodies as `asked_of_many` reads them, where that was done."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(index: int, body: InferIn) -> BatchEntry:
        request_id, read = entry_id(batch_id, index), asked[index] if asked else None
        async with gate:
            try:
                result = await infer(holder, body, purpose=purpose, request_id=request_id, asked=read)
                return BatchEntry(index=index, result=result)
            except ApiError as error:
                failed = error
            except (*AWAY, UnavailableError):
                failed = AwayError()
            except Exception as error:  # noqa: BLE001  (a mistake of ours must not cost the others their answers)
                log.error("request %s of a batch failed: %s", request_id, type(error).__name__)
                failed = ApiError()
        detail = ErrorDetail(code=failed.code, message=failed.message, request_id=request_id)
        return BatchEntry(index=index, error=detail)

    return list(await asyncio.gather(*(one(index, body) for index, body in enumerate(bodies))))
