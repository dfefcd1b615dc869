"""What the figures say of streams whose times and tokens are known."""

from collections.abc import AsyncIterator, Sequence

import pytest
from prometheus_client import generate_latest

from inference.completion import TextEvent
from inference.contracts import FinishedEvent, FinishReason, ModelName, SegmentEvent, Timings, Usage
from inference.errors import EngineError
from inference.metrics import Metrics

Event = SegmentEvent | TextEvent | FinishedEvent
MODEL = ModelName("m")


def segment(n: int, usage: Usage | None) -> SegmentEvent:
    return SegmentEvent(n, "I came here.", candidates=4, model=MODEL, usage=usage)


def finished(*, first_ms: int | None, total_ms: int, tokens: int) -> FinishedEvent:
    return FinishedEvent(FinishReason.DONE, MODEL, Timings(5, first_ms, total_ms, tokens), None)


async def watched(events: Sequence[Event], *, route: str, breaks: bool = False) -> Metrics:
    metrics = Metrics()

    async def stream() -> AsyncIterator[Event]:
        for event in events:
            yield event
        if breaks:
            raise EngineError("gone")

    heard = []
    try:
        async for event in metrics.watch(stream(), route=route):
            heard.append(event)
    except EngineError:
        assert breaks
    assert heard == list(events)
    return metrics


def pace(metrics: Metrics, route: str) -> tuple[float | None, float | None]:
    """How often the time between tokens was seen, and its sum."""
    name, labels = "pixelated_worker_token_seconds", {"route": route}
    count = metrics.registry.get_sample_value(f"{name}_count", labels)
    return count, metrics.registry.get_sample_value(f"{name}_sum", labels)


async def test_a_reply_s_pace_is_that_of_who_speaks_on_after_the_first_words() -> None:
    """Four candidates sampled 40 tokens in 300 ms; then one said 20 more in 400."""
    events = (
        segment(0, Usage(prompt=90, spoken=12, sampled=40)),
        segment(1, Usage(prompt=90, spoken=25, sampled=53)),
        finished(first_ms=300, total_ms=700, tokens=60),
    )
    assert pace(await watched(events, route="reply"), "reply") == (1.0, pytest.approx(0.02))


async def test_a_completion_s_pace_leaves_out_the_wait_for_its_first_token() -> None:
    events = (
        TextEvent("I"),
        TextEvent(" came"),
        TextEvent("."),
        finished(first_ms=100, total_ms=160, tokens=4),
    )
    assert pace(await watched(events, route="completions"), "completions") == (1.0, pytest.approx(0.02))


@pytest.mark.parametrize(
    ("route", "events", "breaks"),
    [
        ("reply", (segment(0, Usage(9, 12, 40)), finished(first_ms=300, total_ms=300, tokens=40)), False),
        ("reply", (segment(0, None), finished(first_ms=300, total_ms=500, tokens=60)), False),
        ("reply", (finished(first_ms=None, total_ms=500, tokens=60),), False),
        ("reply", (segment(0, Usage(9, 12, 40)),), True),
        ("remote", (segment(0, Usage(9, 12, 40)), finished(first_ms=300, total_ms=500, tokens=60)), False),
        ("completions", (TextEvent("I"), finished(first_ms=100, total_ms=100, tokens=1)), False),
    ],
    ids=["first words alone", "uncounted", "no words", "broken off", "outside", "one token"],
)
async def test_where_nothing_is_known_between_two_tokens_no_pace_is_told(
    route: str, events: Sequence[Event], breaks: bool
) -> None:
    assert pace(await watched(events, route=route, breaks=breaks), route) == (None, None)


def test_the_figure_says_what_it_counts() -> None:
    text = generate_latest(Metrics().registry).decode()
    (told,) = [line for line in text.splitlines() if line.startswith("# HELP pixelated_worker_token_seconds")]
    assert "first words" in told and "candidate that speaks" in told
