"""Real processes with the tiny model; what cannot be had is said and not an error."""

from pathlib import Path

import pytest

from inference.benchmark.engines import AbsentError, started
from inference.benchmark.run import Plan, run
from inference.contracts import Message


async def test_a_peer_that_cannot_be_had_is_absent(tiny_model: Path) -> None:
    with pytest.raises(AbsentError):
        async with started("llama.cpp", tiny_model, threads=1, chats=1):
            pass


async def test_plain_generate_answers_through_its_pipe(tiny_model: Path) -> None:
    async with started("generate", tiny_model, threads=1, chats=1) as engine:
        pieces = [piece async for piece in engine.ask((Message("user", "I know."),), 8)]
        assert engine.memory_mb() > 10
    assert 1 <= sum(len(piece) for piece in pieces) <= 8
    assert engine.process.returncode is not None


def test_a_run_has_figures_for_ours_and_says_who_was_absent(tiny_model: Path) -> None:
    told: list[str] = []
    asked = Plan(tiny_model, engines=("ours", "llama.cpp"), chats=(2,), turns=1, threads=1)
    result = run(asked, tell=told.append)
    assert result["engines"]["ours"]["2"]["answers"] == 2
    assert "xllamacpp" in result["engines"]["llama.cpp"]["absent"]
    assert result["engines"]["ours"]["2"]["none_starved"] in (True, False)
    step = result["bounds"]["steps"][0]
    assert (step["rows"], result["bounds"]["device"]) == (2, "cpu")
    assert max(step["bytes_ms"], step["operations_ms"]) == pytest.approx(
        step["share"] * step["step_ms"], abs=0.01
    )
    assert result["card"]["measured"] is False
    assert any("2 of 2" in sentence for sentence in told)
