"""What a run says while it goes: a progress bar, lines for a log, and event files for TensorBoard."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from inference.training.adapters.errors import RecipeError
from inference.training.adapters.loop import Report, Tell

LINE_EVERY = 10
"""Steps between lines of the log, besides those at which the held-out loss was read."""


@contextlib.contextmanager
def telling(title: str, *, steps: int, events: Path | None = None) -> Iterator[Tell]:
    """A listener for a run. Raises RecipeError where event files are asked for and tensorboardX is not installed."""
    writer = _writer(events) if events else None
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=steps)

        def tell(report: Report) -> None:
            bar.update(task, completed=report.step, description=f"{title} {said(report)}")
            if report.held is not None or report.step == 1 or report.step % LINE_EVERY == 0:
                console.print(said(report), soft_wrap=True, highlight=False)
            if writer is not None:
                _record(writer, report)

        yield tell
    if writer is not None:
        writer.close()


def said(report: Report) -> str:
    held = f" held-out {report.held:.4f}{_apart(report)}" if report.held is not None else ""
    unsafe = f" unsafe {report.unsafe:.4f}" if report.unsafe else ""
    eta = timedelta(seconds=round(report.eta_s))
    return (
        f"step {report.step}/{report.steps} ({report.phase}) loss {report.loss:.4f}{unsafe}{held} "
        f"rate {report.rate:.2e} {report.tokens_per_s:.0f} tokens/s, {eta} to go"
    )


def _apart(report: Report) -> str:
    """The held-out loss by persona, where there are several."""
    if len(report.held_by_persona) < 2:
        return ""
    return " (" + ", ".join(f"{name} {loss:.4f}" for name, loss in report.held_by_persona.items()) + ")"


def _writer(events: Path):  # noqa: ANN202 - tensorboardX has no types
    try:
        from tensorboardX import SummaryWriter  # noqa: PLC0415 - only where events are asked for
    except ImportError:
        raise RecipeError("event files need tensorboardX: pip install -e '.[train]'") from None
    return SummaryWriter(logdir=str(events))


def _record(writer, report: Report) -> None:  # noqa: ANN001 - as above
    values = {
        "loss/train": report.loss,
        "loss/held_out": report.held,
        "loss/unsafe": report.unsafe,
        "rate": report.rate,
        "tokens_per_s": report.tokens_per_s,
        **{f"loss/held_out/{persona}": loss for persona, loss in report.held_by_persona.items()},
    }
    for name, value in values.items():
        if value is not None:
            writer.add_scalar(name, value, report.step)
