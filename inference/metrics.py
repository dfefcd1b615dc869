"""The worker's figures for Prometheus: counts and times by event, never by what was said or by whom."""

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from inference.completion import TextEvent
from inference.contracts import Assessment, FinishedEvent, SegmentEvent, Timings
from inference.engine.breaker import BreakerState
from inference.engine.protocol import EngineStatus
from inference.errors import InferenceError

T = TypeVar("T")
ASSESS_SECONDS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1, 3)
BETWEEN_TOKENS = (
    "Between two tokens of one answer after its first words, on average: of the candidate that speaks on, with what "
    "the steps of others and judging take; none for an answer that ended with its first words"
)
TOKEN_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5, 1)
SECONDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 0.8, 1, 1.5, 2, 3, 5, 10, 20, 60)


class Metrics:
    """One registry for one application, so that two in a process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = {"registry": self.registry}
        self._finished = Counter(
            "pixelated_worker_finished", "Requests ended, by how", ["route", "reason"], **own
        )
        self._errors = Counter(
            "pixelated_worker_errors", "Requests failed, by code", ["route", "code"], **own
        )
        self._segments = Counter("pixelated_worker_segments", "Segments sent", **own)
        self._findings = Counter("pixelated_worker_findings", "Findings on sent segments", ["kind"], **own)
        self._detectors = Counter(
            "pixelated_worker_detector_failures", "Detectors that failed, by name", ["detector"], **own
        )
        self._assessed = Histogram(
            "pixelated_worker_assess_seconds",
            "Receipt to the assessment, for all messages of a request",
            ["partial"],
            buckets=ASSESS_SECONDS,
            **own,
        )
        self._tokens = Counter("pixelated_worker_tokens", "Tokens sampled", **own)
        self._queued = Histogram(
            "pixelated_worker_queued_seconds", "Wait in the queue", buckets=SECONDS, **own
        )
        self._first = Histogram(
            "pixelated_worker_first_seconds", "Receipt to the first words", ["route"], buckets=SECONDS, **own
        )
        self._total = Histogram(
            "pixelated_worker_total_seconds", "Receipt to the end", ["route"], buckets=SECONDS, **own
        )
        self._per_token = Histogram(
            "pixelated_worker_token_seconds",
            BETWEEN_TOKENS,
            ["route"],
            buckets=TOKEN_SECONDS,
            **own,
        )
        self._memory = Gauge("pixelated_worker_memory_bytes", "Resident memory of the worker", **own)
        self._device = Gauge("pixelated_worker_device", "1 for the device in use", ["device"], **own)
        self._waiting = Gauge("pixelated_worker_waiting", "Requests in the queue", **own)
        self._speaking = Gauge("pixelated_worker_speaking", "Requests being answered", **own)
        self._rows = Gauge("pixelated_worker_rows", "Rows in the batch", **own)
        self._ready = Gauge("pixelated_worker_ready", "1 when requests are taken", **own)
        self.remote = RemoteMetrics(self.registry)
        self._adapters = AdapterMetrics(self.registry)

    async def watch(self, events: AsyncIterator[T], *, route: str) -> AsyncIterator[T]:
        """Pass events on, counting them."""
        sampled_before: int | None = None
        try:
            async for event in events:
                self._count(event, route)
                if sampled_before is None:
                    sampled_before = _sampled_at(event)
                elif isinstance(event, FinishedEvent):
                    self._count_pace(event.timings, route, sampled_before)
                yield event
        except InferenceError as error:
            self.failed(route, error.code)
            raise

    def failed(self, route: str, code: str) -> None:
        self._errors.labels(route, code).inc()

    def detector_failed(self, name: str) -> None:
        self._detectors.labels(name).inc()

    def assessed(self, assessments: Sequence[Assessment], spent_s: float) -> None:
        partial = any(assessment.partial for assessment in assessments)
        self._assessed.labels("yes" if partial else "no").observe(spent_s)

    def look_at(self, status: EngineStatus) -> None:
        self._waiting.set(status.waiting)
        self._speaking.set(status.speaking)
        self._rows.set(status.rows)
        self._ready.set(int(status.ready))
        self._adapters.look_at(status)
        self._memory.set(_resident_bytes())
        if status.device:
            self._device.labels(status.device).set(1)

    def _count(self, event: object, route: str) -> None:
        if isinstance(event, SegmentEvent):
            self._segments.inc()
            for finding in event.findings:
                self._findings.labels(finding.kind).inc()
        if isinstance(event, FinishedEvent):
            self._finished.labels(route, event.reason).inc()
            self._tokens.inc(event.timings.tokens)
            self._queued.observe(event.timings.queued_ms / 1000)
            self._total.labels(route).observe(event.timings.total_ms / 1000)
            if route == "reply":
                self._adapters.spoke(event.model.adapter.partition("@")[0] or "none")
            if event.timings.first_segment_ms is not None:
                self._first.labels(route).observe(event.timings.first_segment_ms / 1000)

    def _count_pace(self, timings: Timings, route: str, sampled_before: int) -> None:
        """`sampled_before`: tokens until the first words. A service outside sends pieces and not tokens."""
        tokens = timings.tokens - sampled_before
        if route == "remote" or timings.first_segment_ms is None or tokens < 1:
            return
        spent_ms = timings.total_ms - timings.first_segment_ms
        self._per_token.labels(route).observe(spent_ms / 1000 / tokens)


class AdapterMetrics:
    """Which adapters there are and how many replies each spoke."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._replies = Counter(
            "pixelated_worker_replies",
            "Replies ended, by the adapter that spoke",
            ["adapter"],
            registry=registry,
        )
        self._here = Gauge(
            "pixelated_worker_adapter",
            "1 for an adapter that speaks, 0 for one refused",
            ["adapter"],
            registry=registry,
        )

    def spoke(self, name: str) -> None:
        self._replies.labels(name).inc()

    def look_at(self, status: EngineStatus) -> None:
        self._here.clear()
        for refused in status.refused:
            self._here.labels(refused.name).set(0)
        for speaking in status.adapters:
            self._here.labels(speaking.name).set(1)


class RemoteMetrics:
    """Of the remote engine; its replies are counted with the others, by route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "pixelated_worker_remote_requests",
            "Requests to the remote engine, by what came",
            ["outcome"],
            registry=registry,
        )
        self._breaker = Gauge(
            "pixelated_worker_remote_breaker", "1 for its breaker's state", ["state"], registry=registry
        )

    def asked(self, outcome: str) -> None:
        self._requests.labels(outcome).inc()

    def look_at(self, state: BreakerState) -> None:
        for each in BreakerState:
            self._breaker.labels(each).set(int(each is state))


def _sampled_at(event: object) -> int | None:
    """The tokens of all candidates up to first words; a completion's begin with its first token."""
    if isinstance(event, SegmentEvent):
        return None if event.usage is None else event.usage.sampled
    return 1 if isinstance(event, TextEvent) else None


def _resident_bytes() -> int:
    """0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
