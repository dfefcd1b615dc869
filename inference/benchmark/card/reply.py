"""`/v1/reply` with random weights: the worker's own thread, race and judge behind its own HTTP, asked by one chat.

The weights say noise. That it comes in sentences, the tokenizer is made up: it reads English in pieces of words, and
one in SENTENCE of its other tokens ends a sentence. The judge reads what is said, for that takes time, and refuses
nothing, for noise would all be refused.
"""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing

import torch
import uvicorn
from starlette.types import ASGIApp
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from inference.assessing import Assessor
from inference.benchmark.card.memory import begin_peak, card_mb, host_mb
from inference.benchmark.card.plan import TURNS, random_weights
from inference.benchmark.figures import percentiles
from inference.benchmark.workload import PERSONA, QUESTIONS, conversations
from inference.client import WorkerClient
from inference.contracts import Message, ModelName, ReplyRequest, SegmentEvent, WordingLimits
from inference.encoder.minilm import MiniLM
from inference.encoder.reader import load_heads
from inference.engine.arena import room_for
from inference.engine.judge import make_judge
from inference.engine.loader import LONGEST_CONTEXT, LoadedModel
from inference.engine.setting import Setting
from inference.engine.worker import ModelWorker
from inference.errors import EngineError
from inference.models.catalogue import EMBEDDINGS, data_directory, folder_of, is_present
from inference.server import create_app
from inference.testing import SCRIPTED_LINES, TINY_CHAT_TEMPLATE

CONVERSATIONS = 34
"""Of TURNS turns: a hundred replies, that p99 is more than the slowest of a handful."""
SENTENCE = 12
"""Tokens, as in the scripted lines."""
SECRET = "benchmark"  # noqa: S105 - on loopback, in one process
_READ = 2000
"""Tokens at most that are pieces of English."""


def made_up_tokenizer(size: int) -> PreTrainedTokenizerBase:
    """With `size` tokens, each of which can be said."""
    backend = Tokenizer(models.BPE(unk_token="<unk>"))
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    special = ["<|im_start|>", "<|im_end|>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=min(size, _READ), special_tokens=special, show_progress=False)
    backend.train_from_iterator([*SCRIPTED_LINES, *QUESTIONS, PERSONA], trainer)
    made = json.loads(backend.to_str())
    vocabulary = made["model"]["vocab"]
    for number in range(len(vocabulary), size):
        vocabulary[f"▁w{number}{'' if number % SENTENCE else '.'}"] = number
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(made)),
        eos_token="<|im_end|>",
        unk_token="<unk>",
        chat_template=TINY_CHAT_TEMPLATE,
    )


def random_model(config: LlamaConfig, *, numbers: torch.dtype, device: str) -> LoadedModel:
    """Ready to speak, with the room that a worker's settings give it."""
    weights = random_weights(config, numbers=numbers, device=device)
    context, room = min(config.max_position_embeddings, LONGEST_CONTEXT), None
    if device == "cuda":
        room = room_for(weights.shape, numbers, rows=Setting.rows, context=context)
        context = room.positions
    return LoadedModel(
        network=None,
        tokenizer=made_up_tokenizer(config.vocab_size),
        name=ModelName("random weights"),
        context=context,
        ends=frozenset(),
        weights=weights,
        room=room,
    )


def measured(
    load: Callable[[], LoadedModel], *, count: int = CONVERSATIONS, progress: Callable[[], None]
) -> dict[str, object]:
    """Milliseconds from asking to the first segment and to the end, at the caller's side of HTTP."""
    begin_peak()
    return asyncio.run(_measured(load, count, progress))


async def _measured(
    load: Callable[[], LoadedModel], count: int, progress: Callable[[], None]
) -> dict[str, object]:
    heads, data = load_heads(data_directory()), data_directory()
    has_encoder = is_present(EMBEDDINGS, data)
    encoder = MiniLM(folder_of(EMBEDDINGS, data)) if has_encoder else None
    judge = make_judge(encoder, Assessor(heads))
    engine = ModelWorker("", load=lambda source: load(), judge=judge, refuses=lambda findings: False)
    await engine.start()
    try:
        async with _served(create_app(engine, secret=SECRET)) as url:
            made = await _asked(url, count, progress)
    finally:
        await engine.drain(deadline_s=1.0)
    read_by = "rules and heads" if heads is not None else "rules"
    return {
        **made,
        "judged_by": read_by,
        "memory_mb": round(host_mb(), 1),
        "card_memory_mb": round(card_mb(), 1),
    }


@contextlib.asynccontextmanager
async def _served(app: ASGIApp) -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(app, lifespan="off", access_log=False, log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """Leaves signals to the benchmark."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _asked(url: str, count: int, progress: Callable[[], None]) -> dict[str, object]:
    client, first, whole, failures = WorkerClient(url, SECRET), [], [], []
    try:
        for number, talk in enumerate(conversations(count, turns=TURNS, seed=2)):
            answers: list[str] = []
            for turn in range(TURNS):
                try:
                    spent, said = await _reply(client, talk.messages(turn, answers), seed=number)
                    first.append(spent[0])
                    whole.append(spent[-1])
                except EngineError as error:
                    said = ""
                    failures.append(error.code)
                answers.append(said)
                progress()
    finally:
        await client.aclose()
    if not first:
        return {"failed": f"no reply came whole: {', '.join(sorted(set(failures)))}"}
    return {
        "replies": len(first),
        "failed_answers": len(failures),
        "first segment": percentiles(first),
        "whole": percentiles(whole),
    }


async def _reply(
    client: WorkerClient, messages: tuple[Message, ...], *, seed: int
) -> tuple[list[float], str]:
    """Milliseconds to each event, and what was said."""
    asked = ReplyRequest(
        request_id="benchmark",
        persona="client",
        messages=messages,
        limits=WordingLimits(speaker="Marcus Bell"),
        seed=seed,
    )
    begun, spent, said = time.perf_counter(), [], []
    async with aclosing(client.reply(asked)) as events:
        async for event in events:
            spent.append((time.perf_counter() - begun) * 1000)
            if isinstance(event, SegmentEvent):
                said.append(event.text)
    return spent, " ".join(said)
