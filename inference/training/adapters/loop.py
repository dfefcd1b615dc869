"""The training loop: steps of the plan in order, readings of the held-out loss, checkpoints, early stopping.

A loop of our own around `accelerate`, not transformers' Trainer: the output layer at learned places only, a second
loss on unsafe replies and resuming to the same curve each need the inside of a step, and what is left of a Trainer then
is less than this page. `accelerate launch -m inference train adapter ...` spreads a step's batches over several GPUs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import nn

from inference.training.adapters import checkpoint
from inference.training.adapters.checkpoint import Course
from inference.training.adapters.encoding import Encoded
from inference.training.adapters.held import by_persona, some_of
from inference.training.adapters.network import Trained, small_state, take_state
from inference.training.adapters.objective import Objective, rows_of, surprise, unlikelihood
from inference.training.adapters.plan import Step
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.schedule import rate_at


@dataclass(frozen=True)
class Report:
    """After step `step` of `steps`. `held`, and `held_by_persona` beside it, only where they were read at this step;
    `tokens_per_s` counts the time of readings too."""

    step: int
    steps: int
    phase: str
    loss: float
    unsafe: float
    held: float | None
    rate: float
    tokens: int
    tokens_per_s: float
    eta_s: float
    held_by_persona: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Material:
    """What a run learns from: steps in order, examples kept aside, unsafe replies, and a mark of all that is in it."""

    steps: Sequence[Step]
    held: Sequence[Encoded]
    unsafe: Sequence[Encoded] = ()
    mark: str = ""


Tell = Callable[[Report], None]


def train(
    trained: Trained,
    material: Material,
    recipe: Recipe,
    *,
    checkpoints: Path | None = None,
    tell: Tell = lambda report: None,
    stop_after: int | None = None,
) -> Course:
    """Leaves the weights of the lowest held-out loss in `trained`. Goes on from the latest checkpoint where there is
    one; `stop_after` ends the run at that step as if it had been cut off, with a checkpoint."""
    accelerator = Accelerator(cpu=trained.device.type == "cpu")
    parameters = [each for each in trained.network.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.optimiser.rate, weight_decay=recipe.optimiser.decay)
    course = _course(trained, optimiser, material, checkpoints)
    objective, ready = accelerator.prepare(Objective(trained.network), optimiser)
    run = _Run(accelerator, objective, ready, parameters, material, recipe)
    steps, watch = len(material.steps), recipe.watch
    for number in range(course.step, steps):
        if 0 < watch.patience <= course.stale:
            break
        report = run.step(course, number)
        is_last = course.step == steps
        if course.step % watch.evaluate_every == 0 or is_last:
            report = run.read(course, report, trained)
        tell(report)
        is_stopped = 0 < watch.patience <= course.stale
        is_cut = course.step == stop_after
        due = course.step % watch.checkpoint_every == 0 or is_last or is_stopped or is_cut
        if checkpoints is not None and due and accelerator.is_main_process:
            checkpoint.save(
                checkpoints,
                course=course,
                weights=small_state(trained.network),
                optimiser=optimiser.state_dict(),
                mark=material.mark,
                keep=watch.keep,
            )
        if is_cut:
            break
    if course.best:
        take_state(trained.network, course.best)
    return course


def _course(
    trained: Trained, optimiser: torch.optim.Optimizer, material: Material, checkpoints: Path | None
) -> Course:
    found = checkpoint.load(checkpoints, mark=material.mark) if checkpoints else None
    if found is None:
        return Course()
    course, weights, state = found
    take_state(trained.network, weights)
    optimiser.load_state_dict(state)
    return course


@dataclass
class _Run:
    accelerator: Accelerator
    objective: nn.Module
    optimiser: torch.optim.Optimizer
    parameters: list[nn.Parameter]
    material: Material
    recipe: Recipe

    def step(self, course: Course, number: int) -> Report:
        """One step of the optimiser; the losses are means over its learned tokens."""
        began = time.monotonic()
        step, steps = self.material.steps[number], len(self.material.steps)
        rate = rate_at(number, steps, self.recipe.optimiser)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss = self._replies(step)
        unsafe = self._unsafe(number)
        nn.utils.clip_grad_norm_(self.parameters, self.recipe.optimiser.clip)
        self.optimiser.step()
        course.step, course.tokens = number + 1, course.tokens + step.tokens
        course.seconds += time.monotonic() - began
        course.curve.append(loss)
        course.unsafe.append(unsafe)
        per_s = course.tokens / course.seconds
        left = sum(each.tokens for each in islice(self.material.steps, course.step, None))
        return Report(
            course.step, steps, step.phase, loss, unsafe, None, rate, course.tokens, per_s, left / per_s
        )

    def _replies(self, step: Step) -> float:
        """Backward over this process's share of the batches. A mean over all processes is taken of gradients, so that
        each counts its own as many times as there are processes; one that has no batch left runs another for nothing,
        as all must meet."""
        several, own = self.accelerator.num_processes, self.accelerator.process_index
        total = torch.zeros((), device=self.accelerator.device)
        for first in range(0, len(step.batches), several):
            has_own = first + own < len(step.batches)
            batch = step.batches[first + own if has_own else first]
            logs = self.objective(rows_of(batch, self.accelerator.device))
            loss = surprise(logs) / step.targets * has_own
            self.accelerator.backward(loss * several)
            total += loss.detach()
        return float(self.accelerator.reduce(total, reduction="sum"))

    def _unsafe(self, number: int) -> float:
        safety, every = self.recipe.safety, self.material.unsafe
        if not safety.weight or not every:
            return 0.0
        first = number * safety.pairs
        batch = [every[(first + at) % len(every)] for at in range(safety.pairs)]
        logs = self.objective(rows_of(batch, self.accelerator.device))
        loss = unlikelihood(logs) / logs.numel()
        self.accelerator.backward(loss * safety.weight)
        return loss.item()

    def read(self, course: Course, report: Report, trained: Trained) -> Report:
        """The held-out loss, and whether it is the lowest so far."""
        began = time.monotonic()
        some = some_of(self.material.held, tokens=self.recipe.watch.evaluate_tokens)
        objective = self.accelerator.unwrap_model(self.objective)
        apart, whole = by_persona(objective, some, self.accelerator.device)
        held, losses = whole.loss, {persona: each.loss for persona, each in apart.items()}
        lowest = min((loss for _, loss in course.held), default=float("inf"))
        course.held.append((course.step, held))
        course.held_by_persona.append(losses)
        course.stale = 0 if held < lowest else course.stale + 1
        if course.stale == 0:
            course.best = small_state(trained.network)
        course.seconds += time.monotonic() - began
        return replace(report, held=held, held_by_persona=losses)
