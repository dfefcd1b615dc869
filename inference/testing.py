"""Engines for tests of both sides, and for `--engine scripted`: words without a model.

`ScriptedEngine` is the one hand-written fake at the engine; it imports no torch. `build_tiny_model` makes a
random model small enough to load in milliseconds; its words are noise. `build_tiny_encoder` makes an encoder as wide
as MiniLM that has learned nothing. None of them knows how a client answers.
"""

import asyncio
import random
import re
import string
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from inference.completion import CompletionRequest, TextEvent
from inference.contracts import (
    Assessment,
    AssessRequest,
    Finding,
    FinishedEvent,
    FinishReason,
    ModelName,
    ReplyRequest,
    SegmentEvent,
    Timings,
    Usage,
)
from inference.engine.protocol import EngineStatus
from inference.errors import EngineDeadlineError, EngineError

SCRIPTED_LINES = (
    "I don't know what you want me to say.",
    "It's been a long week, that's all.",
    "Other people have it worse than me.",
    "I suppose I could think about it.",
    "You sound like everybody else who's told me that.",
    "Mornings are the hard part, if I'm honest.",
    "I've tried that already and it didn't stick.",
    "Can we talk about something else for a bit?",
    "Maybe. I'm not promising anything.",
    "Nobody at home really asks how it's going.",
    "Some days are fine and some days aren't.",
    "I only came because I was told to.",
    "That's not really how it happened.",
    "I get tired of explaining myself.",
    "I used to be better at this, you know.",
    "It helps me switch off, so what?",
    "I can see it, I just don't see it changing.",
    "Part of me knows it can't go on like this.",
    "You'd have to live my life for a week to get it.",
    "I'd rather not go into that today.",
    "Last month was worse than this one.",
    "I did manage two days without it, for what that's worth.",
    "People keep telling me that and then they leave.",
    "I'm here, aren't I?",
)
"""No name, age or place in them, so that no case's facts are contradicted."""

SCRIPTED_MODEL = ModelName(name="scripted", revision="1")


class ScriptedEngine:
    """A ReplySource that says fixed lines at a fixed pace; the same request and seed give the same lines.

    `lines` are said in order (one segment each) where given, else chosen from SCRIPTED_LINES by the request's
    seed, never one of `limits.earlier`. Before segment `hold_before` it waits for `hold` to be set; before
    segment `fail_before` it raises `fail_with`. `requests` are those received, `cancelled` counts replies
    whose reader left before the end, `active` those being given.

    `findings` go with every segment. `assessment` is what every message is assessed as (nothing seen, by no detector,
    where None), after `assess_after_s`; `assess_fails` is raised instead. `assessed` are the requests received."""

    def __init__(
        self,
        *,
        tokens_per_s: float | None = None,
        lines: Sequence[str] | None = None,
        fail_with: EngineError | None = None,
        fail_before: int = 0,
        hold: asyncio.Event | None = None,
        hold_before: int = 0,
        findings: tuple[Finding, ...] = (),
        assessment: Assessment | None = None,
        assess_after_s: float = 0.0,
        assess_fails: Exception | None = None,
    ) -> None:
        self.tokens_per_s = tokens_per_s
        self.lines = lines
        self.fail_with, self.fail_before = fail_with, fail_before
        self.hold, self.hold_before = hold, hold_before
        self.findings = findings
        self.assessment = assessment or Assessment(versions={"scripted": "1"})
        self.assess_after_s, self.assess_fails = assess_after_s, assess_fails
        self.assessed: list[AssessRequest] = []
        self.requests: list[ReplyRequest] = []
        self.cancelled = 0
        self.active = 0

    async def reply(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        self.requests.append(request)
        self.active += 1
        finished = False
        try:
            async for event in self._events(request):
                yield event
            finished = True
        except EngineError:
            finished = True
            raise
        finally:
            self.active -= 1
            self.cancelled += not finished

    async def _events(self, request: ReplyRequest) -> AsyncIterator[SegmentEvent | FinishedEvent]:
        started, first_ms, tokens = time.monotonic(), None, 0
        prompt = sum(_tokens(message.text) for message in request.messages)
        texts = self._texts(request)
        for n in range(len(texts) + 1):
            if self.fail_with is not None and n == self.fail_before:
                raise self.fail_with
            if n == len(texts):
                break
            if self.hold is not None and n == self.hold_before:
                await self._held(request, started)
            tokens += _tokens(texts[n])
            await self._pace(texts[n], request, started)
            first_ms = _since_ms(started) if first_ms is None else first_ms
            usage = Usage(prompt, tokens, tokens)
            yield SegmentEvent(n, texts[n], self.findings, model=SCRIPTED_MODEL, usage=usage)
        timings = Timings(first_segment_ms=first_ms, total_ms=_since_ms(started), tokens=tokens)
        yield FinishedEvent(FinishReason.DONE, SCRIPTED_MODEL, timings, Usage(prompt, tokens, tokens))

    def _texts(self, request: ReplyRequest) -> tuple[str, ...]:
        if self.lines is not None:
            return tuple(self.lines)
        chance = random.Random(f"{request.seed}:{len(request.messages)}")  # noqa: S311 - play, not secrecy
        fresh = [line for line in SCRIPTED_LINES if line not in request.limits.earlier] or SCRIPTED_LINES
        return tuple(
            chance.sample(fresh, k=min(request.max_segments, chance.choice((1, 2, 2, 3)), len(fresh)))
        )

    async def _pace(self, text: str, request: ReplyRequest, started: float) -> None:
        if self.tokens_per_s:
            await self._within(asyncio.sleep(_tokens(text) / self.tokens_per_s), request, started)

    async def _held(self, request: ReplyRequest, started: float) -> None:
        assert self.hold is not None
        await self._within(self.hold.wait(), request, started)

    async def _within(self, waiting: object, request: ReplyRequest, started: float) -> None:
        left_s = request.deadline_s - (time.monotonic() - started)
        try:
            await asyncio.wait_for(waiting, timeout=max(0.0, left_s))  # type: ignore[arg-type]
        except TimeoutError as error:
            raise EngineDeadlineError("the scripted reply passed its deadline") from error

    async def complete(self, request: CompletionRequest) -> AsyncIterator[TextEvent | FinishedEvent]:
        """Raw text at the same pace, a word at a time."""
        started, first_ms, tokens = time.monotonic(), None, 0
        chance = random.Random(f"{request.seed}:{len(request.messages)}")  # noqa: S311 - play, not secrecy
        for word in " ".join(self.lines or chance.sample(SCRIPTED_LINES, k=2)).split():
            if self.tokens_per_s:
                await asyncio.sleep(_tokens(word) / self.tokens_per_s)
            first_ms = _since_ms(started) if first_ms is None else first_ms
            yield TextEvent(word if tokens == 0 else f" {word}")
            tokens += _tokens(word)
        timings = Timings(first_segment_ms=first_ms, total_ms=_since_ms(started), tokens=tokens)
        usage = Usage(sum(_tokens(message.text) for message in request.messages), tokens, tokens)
        yield FinishedEvent(FinishReason.DONE, SCRIPTED_MODEL, timings, usage)

    async def assess(self, request: AssessRequest, *, deadline_s: float | None = None) -> Assessment:
        self.assessed.append(request)
        if self.assess_after_s:
            await asyncio.sleep(self.assess_after_s)
        if self.assess_fails is not None:
            raise self.assess_fails
        return self.assessment

    async def health(self) -> bool:
        return True

    def status(self) -> EngineStatus:
        return EngineStatus(ready=True, model=SCRIPTED_MODEL, speaking=self.active, rows=self.active)

    async def start(self) -> None:
        """Ready as it is."""

    async def reload(self, source: str) -> ModelName:
        return SCRIPTED_MODEL

    async def drain(self, deadline_s: float) -> None:
        """Nothing of its own outlives its readers."""


def _tokens(text: str) -> int:
    """English runs at about four characters a token."""
    return max(1, len(text) // 4)


def _since_ms(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


TINY_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_tiny_model(folder: Path, *, seed: int = 7) -> Path:
    """A random two-layer Llama with a vocabulary of a few hundred words, as safetensors; returns `folder`.

    Its tokens are the words of SCRIPTED_LINES with their punctuation, so that its noise is printable and ends
    sentences every dozen words; anything else in a prompt is unknown to it."""
    import torch  # noqa: PLC0415 - slow, and this module must stay importable where torch is not installed
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: PLC0415 - as above
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: PLC0415 - as above
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 - as above

    disable_progress_bar()
    backend = Tokenizer(models.BPE(unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    special = ["<|im_start|>", "<|im_end|>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    backend.train_from_iterator(SCRIPTED_LINES, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<|im_end|>", pad_token="<|im_end|>", unk_token="<unk>"
    )
    tokenizer.chat_template = TINY_CHAT_TEMPLATE
    config = LlamaConfig(
        vocab_size=backend.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def build_tiny_encoder(folder: Path, *, seed: int = 7) -> Path:
    """A random one-layer BERT of MiniLM's width, with the ids of the uncased vocabulary's special tokens; returns
    `folder`. Its words are those of SCRIPTED_LINES; others it reads letter by letter."""
    import torch  # noqa: PLC0415 - slow, and this module must stay importable where torch is not installed
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers  # noqa: PLC0415 - as above
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast  # noqa: PLC0415 - as above
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 - as above

    disable_progress_bar()
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    signs = string.ascii_lowercase + string.digits
    words = sorted(set(re.findall(r"[a-z]{2,}", " ".join(SCRIPTED_LINES).lower())))
    unused = [f"[unused{number}]" for number in range(99)]
    learned = ["[PAD]", *unused, "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.punctuation, *signs]
    vocabulary = {word: at for at, word in enumerate([*learned, *(f"##{sign}" for sign in signs), *words])}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # type: ignore[call-arg]
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=384,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=12,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=backend, **special).save_pretrained(folder)
    return folder
