"""Real processes with the tiny model, and real servers that fail as servers do; what cannot be had is said."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from inference.benchmark.engines import Engine, started
from inference.benchmark.errors import AbsentError, AnswerError
from inference.contracts import Message
from inference.models.catalogue import TEXT, folder_of, is_present

ASKED = (Message("user", "I know."),)
Answering = Callable[..., AbstractAsyncContextManager[Engine]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
WORD = b'data: {"choices": [{"delta": {"content": "Well."}}]}\n\n'
END = b"data: [DONE]\n\n"
CHECKOUT = Path(__file__).resolve().parents[3] / "var"


async def said_by(engine: Engine) -> str:
    return "".join([piece async for piece in engine.ask(ASKED, 8)])


async def test_a_stream_that_ends_as_it_should_is_an_answer(answering: Answering) -> None:
    async with answering(HEAD + WORD + WORD + END) as engine:
        assert await said_by(engine) == "Well.Well."
        assert engine.asked_again == 0


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            HEAD + WORD + b'data: {"error": {"code": "engine_deadline", "message": "late"}}\n\n' + END,
            "engine_deadline",
        ),
        (HEAD + b'data: {"error": {"message": "no room"}}\n\n', "no room"),
        (HEAD + b'error: {"code": 500}\n\n', "error"),
        (HEAD + WORD, "the stream broke off"),
        (HEAD + b"data: {half\n\n" + END, "unreadable"),
        (b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", "status 429"),
    ],
)
async def test_a_stream_that_fails_is_no_answer(answer: bytes, why: str, answering: Answering) -> None:
    async with answering(answer) as engine:
        with pytest.raises(AnswerError, match=why):
            await said_by(engine)


async def test_a_server_that_hangs_up_before_the_first_byte_is_asked_once_more(answering: Answering) -> None:
    async with answering(b"", HEAD + WORD + END) as engine:
        assert await said_by(engine) == "Well."
        assert engine.asked_again == 1


async def test_a_server_that_keeps_hanging_up_gives_no_answer(answering: Answering) -> None:
    async with answering(b"", b"") as engine:
        with pytest.raises(AnswerError, match="RemoteProtocolError"):
            await said_by(engine)


async def test_a_peer_that_cannot_be_had_is_absent(tiny_model: Path) -> None:
    with pytest.raises(AbsentError, match="a .gguf model"):
        async with started("llama.cpp", tiny_model, threads=1, chats=1):
            pass


@pytest.mark.parametrize("name", ["generate", "transformers batching"])
async def test_transformers_answers_through_its_pipe(name: str, tiny_model: Path) -> None:
    async with asyncio.timeout(120), started(name, tiny_model, threads=1, chats=2) as engine:

        async def tokens() -> int:
            return sum([len(piece) async for piece in engine.ask(ASKED, 8)])

        counts = await asyncio.gather(tokens(), tokens())
        assert 10 < engine.memory_mb() < 3000
    assert all(1 <= count <= 8 for count in counts)
    assert engine.process.returncode is not None


async def test_a_process_that_dies_fails_those_who_wait_and_those_who_ask_later(tiny_model: Path) -> None:
    async with asyncio.timeout(120), started("generate", tiny_model, threads=1, chats=1) as engine:
        waiting = asyncio.create_task(said_by(engine))
        await asyncio.sleep(0)
        engine.process.kill()
        with pytest.raises(AnswerError, match="its process ended"):
            await waiting
        with pytest.raises(AnswerError, match="its process ended"):
            await said_by(engine)


async def test_an_answer_that_transformers_cannot_give_is_a_failure(tiny_model: Path) -> None:
    """Longer than the tiny model's rotary code reaches is no error, an answer of no tokens at all is."""
    async with asyncio.timeout(120), started("generate", tiny_model, threads=1, chats=1) as engine:
        with pytest.raises(AnswerError, match="ValueError"):
            [piece async for piece in engine.ask(ASKED, 0)]
        assert [piece async for piece in engine.ask(ASKED, 2)]


@pytest.mark.skipif(not is_present(TEXT, CHECKOUT), reason="the bundled model is not fetched")
async def test_llama_cpp_answers_over_http_turn_after_turn() -> None:
    pytest.importorskip("xllamacpp")
    gguf = folder_of(TEXT, CHECKOUT) / TEXT.weights
    async with asyncio.timeout(120), started("llama.cpp", gguf, threads=1, chats=1) as engine:
        said = [await said_by(engine) for _ in range(3)]
    assert all(said)
