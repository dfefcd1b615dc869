"""A run's state on disk: weights, optimiser, random numbers and the step, so that a resumed run goes the same way.

The schedule and the order of the data follow from the step. A folder gets its name only when it is whole.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inference.training.adapters.errors import ResumeError

FILE = "state.pt"


@dataclass
class Course:
    """Where a run stands. `curve`: the loss of every step; `held`: (step, held-out loss), and `held_by_persona` the
    same by persona, reading for reading; `best`: the weights at the lowest held-out loss; `stale`: readings since it
    fell; `seconds` spent in steps and readings."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    curve: list[float] = field(default_factory=list)
    unsafe: list[float] = field(default_factory=list)
    held: list[tuple[int, float]] = field(default_factory=list)
    held_by_persona: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    stale: int = 0


def save(
    folder: Path,
    *,
    course: Course,
    weights: dict[str, Tensor],
    optimiser: dict[str, Any],
    mark: str,
    keep: int,
) -> Path:
    """Write `folder`/step-N; the oldest beyond `keep` go. `mark` is what the run is made of."""
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"step-{course.step:06d}"
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    state = {
        "mark": mark,
        "course": vars(course),
        "weights": weights,
        "optimiser": optimiser,
        "random": torch.get_rng_state(),
        "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }
    torch.save(state, making / FILE)
    shutil.rmtree(final, ignore_errors=True)
    making.rename(final)
    for old in checkpoints(folder)[:-keep]:
        shutil.rmtree(old)
    return final


def checkpoints(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("step-*"))


def load(folder: Path, *, mark: str) -> tuple[Course, dict[str, Tensor], dict[str, Any]] | None:
    """The latest course, weights and optimiser's state, with torch's random numbers put back; None where there is
    none. Raises ResumeError for a run made of something else."""
    found = checkpoints(folder)
    if not found:
        return None
    try:
        state = torch.load(found[-1] / FILE, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, KeyError, EOFError) as error:
        raise ResumeError(f"{found[-1]}: cannot be read ({type(error).__name__})") from error
    if state["mark"] != mark:
        raise ResumeError(
            f"{found[-1]}: belongs to another recipe, other data or another model; remove {folder} to start afresh"
        )
    torch.set_rng_state(state["random"])
    if state["random_cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["random_cuda"])
    course = Course(**state["course"])
    course.held = [(int(step), float(loss)) for step, loss in course.held]
    return course, state["weights"], state["optimiser"]
