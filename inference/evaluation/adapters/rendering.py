"""Figures of adapters for a reader (Markdown), for Prometheus (its text form) and on a terminal.

Several sets of figures stand side by side: an adapter, the one it would replace, the bare model.
"""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from rich.table import Table

from inference.evaluation.adapters.rubrics import Answered, answered, titles
from inference.models.gate import Better, Case, Figures, Measured, Verdict

_SIGNS = {Better.LOWER: "lower", Better.HIGHER: "higher", Better.NEITHER: ""}


def markdown(sets: Sequence[Figures], *, named: Sequence[str], verdict: Verdict | None = None) -> str:
    """What the gate says of the first set, its rubrics, then one table a suite with a column for each set, and the
    regression cases. `named`: a heading for each set."""
    parts = [f"# {sets[0].name}: {named[0]}"]
    if verdict is not None:
        parts.append(
            "The gate lets it past."
            if verdict.passed
            else "The gate holds it back:\n\n" + _list(verdict.reasons)
        )
    parts.append(_list(f"{key}: {value}" for key, value in sorted(sets[0].about.items())))
    parts += _by_rubric(sets[0])
    by_key = [{each.key: each for each in figures.measured} for figures in sets]
    for suite in dict.fromkeys(each.suite for figures in sets for each in figures.measured):
        keys = dict.fromkeys(each.key for found in by_key for each in found.values() if each.suite == suite)
        rows = [_row([found.get(key) for found in by_key]) for key in keys]
        parts.append(f"## {suite}\n\n{_table(('figure', 'better', 'gate', *named), rows)}")
    cases = [f"{_right(figures.cases)} of {len(figures.cases)} right" for figures in sets]
    wrong = sorted(case.id for case in sets[0].cases if not case.right)
    parts.append(
        f"## Regression cases\n\n{_table(named, [cases])}"
        + (f"\n\nWrong:\n\n{_list(wrong)}" if wrong else "")
    )
    return "\n\n".join(parts) + "\n"


def prometheus(figures: Figures) -> str:
    """`pixelated_adapter_figure` and its bounds, and the regression cases, labelled by adapter, suite and figure."""
    registry = CollectorRegistry()
    labels = ["name", "adapter", "suite", "figure", "level"]
    gauges = {
        part: Gauge(
            f"pixelated_adapter_figure{suffix}", f"{words} of an adapter's replies", labels, registry=registry
        )
        for part, suffix, words in (
            ("value", "", "A figure"),
            ("low", "_low", "Lower end of the 95 % interval of a figure"),
            ("high", "_high", "Upper end of the 95 % interval of a figure"),
        )
    }
    adapter = figures.adapter[:12] or "bare"
    for each in figures.measured:
        own = (figures.name, adapter, each.suite, each.name, each.level)
        for part, gauge in gauges.items():
            value = getattr(each, part)
            if value is not None:
                gauge.labels(*own).set(value)
    cases = Gauge(
        "pixelated_adapter_cases", "Regression cases", ["name", "adapter", "right"], registry=registry
    )
    right = _right(figures.cases)
    cases.labels(figures.name, adapter, "yes").set(right)
    cases.labels(figures.name, adapter, "no").set(len(figures.cases) - right)
    return generate_latest(registry).decode()


def table(figures: Figures) -> Table:
    shown = Table(title=f"{figures.name} {figures.adapter[:12] or 'bare'}", title_justify="left")
    for heading in ("figure", "value", "95 % interval", "n", "better"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for each in figures.measured:
        shown.add_row(
            each.key, _number(each.value), _interval(each), str(each.n), _SIGNS[Better(each.better)]
        )
    return shown


def _by_rubric(figures: Figures) -> list[str]:
    """What is asked of the replies, what stands for a part of it, and what is left to readers."""
    parts = []
    found = answered(figures)
    for rubric, title in titles().items():
        rows = [_answered(each) for each in found if each.dimension.rubric == rubric]
        if rows:
            heads = ("dimension", "question", "figures for a part of it", "readers")
            parts.append(f"## {title}\n\n{_table(heads, rows)}")
    return parts


def _answered(found: Answered) -> list[str]:
    shown = [
        f"{own.key} {_number(own.value)}" + (f" ({_number(written.value)} as written)" if written else "")
        for own, written in found.measured
    ]
    rated = "rate it blind" if found.dimension.reader else ""
    return [found.dimension.id, found.dimension.question, "<br>".join(shown) or "none", rated]


def _row(measured: Sequence[Measured | None]) -> list[str]:
    one = next(each for each in measured if each is not None)
    cells = [f"{_number(each.value)} {_interval(each)}".strip() if each else "-" for each in measured]
    return [one.name, _SIGNS[Better(one.better)], "holds" if one.safety else "", *cells]


def _right(cases: Sequence[Case]) -> int:
    return sum(case.right for case in cases)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"


def _interval(measured: Measured) -> str:
    if measured.low is None or measured.high is None:
        return ""
    return f"({_number(measured.low)} to {_number(measured.high)})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _list(entries: object) -> str:
    return "\n".join(f"- {entry}" for entry in entries)  # type: ignore[attr-defined]
