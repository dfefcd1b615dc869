"""The product's engine as a Speaker, with any adapter on it, and its likelihoods as a Scorer.

Replies are worded as the worker words them: candidates race, the judge chooses. One at a time, so that the times are
those of one chat.
"""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import torch

from inference.assessing import Assessor
from inference.contracts import Adapted, FinishedEvent, ReplyRequest, SegmentEvent
from inference.engine.judge import make_judge, refuses
from inference.engine.loader import LoadedModel, load, quicken
from inference.engine.prompt import encode
from inference.engine.worker import ModelWorker
from inference.errors import ModelError
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.speaker import Form, Likelihood, Spoken, reply_request
from inference.persona import FORM_VERSION

MEASURED = "measured"
"""What the adapter is called in this worker of our own."""
LONGEST_SCORED = 2048
"""Tokens of prompt and reply that are scored; the longest held-out dialogue has under 1,500."""


def loaded(source: str, adapter: Path | None) -> tuple[LoadedModel, LoadedModel]:
    """The base model with the adapter twice: as the worker speaks with it, and as one network that says how likely
    words are. Raises ModelError where they do not fit."""
    model = load(source)
    speaking = quicken(model, adapters={MEASURED: adapter} if adapter else None)
    if adapter is None:
        return speaking, model
    from peft import PeftModel  # noqa: PLC0415 - takes seconds, and a bare model does without

    try:
        with_adapter = PeftModel.from_pretrained(model.network, str(adapter), is_trainable=False)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise ModelError(f"{adapter}: does not fit {source} ({type(error).__name__})") from error
    network = with_adapter.get_base_model().eval().requires_grad_(False)
    return speaking, replace(model, network=network)


def number_form(speaking: LoadedModel, whole: LoadedModel) -> str:
    """What replies and likelihoods were computed in: a machine of other numbers says other words."""
    kernel = speaking.weights.kernel if speaking.weights else "exact"
    return f"replies {speaking.dtype} {kernel}, likelihoods {whole.dtype}".replace("torch.", "")


class EngineSpeaker:
    """Speaks with a worker of its own, from `with EngineSpeaker(...) as speaker`."""

    def __init__(
        self, model: LoadedModel, form: Form, *, candidates: int, assessor: Assessor | None = None
    ) -> None:
        self._form, self._candidates = form, candidates
        self._adapter = MEASURED if MEASURED in model.adapters else ""
        self._loop = asyncio.new_event_loop()
        self._worker = ModelWorker(
            "measured", load=lambda source: model, judge=make_judge(None, assessor), refuses=refuses
        )

    def __enter__(self) -> "EngineSpeaker":
        self._loop.run_until_complete(self._worker.start())
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.run_until_complete(self._worker.drain(1.0))
        self._loop.close()

    def speak(self, context: Context) -> Spoken:
        request = reply_request(context, self._form, candidates=self._candidates)
        if self._adapter:
            request = replace(request, adapted=Adapted(self._adapter, FORM_VERSION, request.messages))
        return self._loop.run_until_complete(self._reply(request))

    async def _reply(self, request: ReplyRequest) -> Spoken:
        said: list[str] = []
        async with aclosing(self._worker.reply(request)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, SegmentEvent):
                    said.append(event.text)
                elif isinstance(event, FinishedEvent):
                    timings = event.timings
                    return Spoken(" ".join(said), timings.first_segment_ms, timings.total_ms, timings.tokens)
        return Spoken(" ".join(said))


class ModelScorer:
    """How likely a model finds the author's replies, asked in the same form as it speaks."""

    def __init__(self, model: LoadedModel, form: Form) -> None:
        self._model, self._form = model, form

    @torch.inference_mode()
    def score(self, context: Context) -> Likelihood:
        model = self._model
        prompt = encode(
            model.tokenizer, self._form(context), longest=min(LONGEST_SCORED, model.context) - 128
        ).ids
        said = self._reply_ids(context.written)
        ids = torch.tensor([[*prompt, *said]], device=model.device)
        output = model.network(input_ids=ids, logits_to_keep=len(said) + 1)
        logits = output.logits[0, -len(said) - 1 : -1].float()
        wanted = torch.tensor(said, device=model.device)
        nats = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
        return Likelihood(float(nats), len(said))

    def _reply_ids(self, text: str) -> tuple[int, ...]:
        """The reply's own tokens and the one that ends it, as the template writes an answer's."""
        own = self._model.tokenizer(text, add_special_tokens=False)["input_ids"]
        end = self._model.tokenizer.eos_token_id
        return (*own, end) if end in self._model.ends else tuple(own)
