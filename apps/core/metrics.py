"""The web process's figures for Prometheus: counts and times by code, never by what was said or by whom.

Each process counts for itself. `registry` is asked by `/metrics`.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

registry = CollectorRegistry()

ASSESSMENTS = Counter(
    "pixelated_assessments",
    "Messages the worker was asked to assess, by what came of it",
    ["outcome"],
    registry=registry,
)
ASSESS_SECONDS = Histogram(
    "pixelated_assess_seconds",
    "How long a turn waited for the worker's assessment",
    buckets=(0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6),
    registry=registry,
)
FLAGS = Counter("pixelated_flags", "Turns put up for review, by reason", ["reason"], registry=registry)
