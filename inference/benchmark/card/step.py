"""Our own step with random weights: below the worker, a step of the engine and a choice of tokens."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict

import torch

from inference.benchmark.card.chats import Chat, chats
from inference.benchmark.card.memory import begin_peak, card_mb, host_mb
from inference.benchmark.card.plan import PREFIX_BYTES, CardTrial
from inference.benchmark.figures import Answer, figures
from inference.benchmark.machine import Machine, bound_of, needs
from inference.engine.arena import Room
from inference.engine.rows import Start
from inference.engine.sampling import Wish, row_generator, sample
from inference.engine.static import StaticRows, card_rows
from inference.engine.style import Sampling
from inference.engine.weights import Weights

_PLAIN = Sampling(temperature=0.7, top_p=0.9, repetition_penalty=1.0)


class Trial:
    """All chats at once; each asks again as soon as it is answered."""

    def __init__(self, rows: StaticRows, talks: Sequence[Chat], *, progress: Callable[[], None]) -> None:
        self._rows, self._chats, self._progress = rows, len(talks), progress
        self._speaking: dict[int, Chat] = {}
        self._answers: list[Answer] = []
        self._steps: list[tuple[float, int]] = []
        for chat in talks:
            self._ask(chat)

    def run(self) -> tuple[list[Answer], float, list[tuple[float, int]]]:
        """The answers, the seconds they took in all, and of the steps in which everybody spoke, and nothing else was
        done, the seconds and the positions looked back at."""
        begun = time.perf_counter()
        last: dict[int, int] = {}
        chances = {number: row_generator(number) for number in range(self._chats)}
        while self._speaking:
            at, everybody = time.perf_counter(), len(last) == self._chats
            numbers, logits = self._rows.step(last)
            if logits is None:
                continue
            wishes = [Wish((), _PLAIN, chances[number]) for number in numbers]
            said = sample(logits, wishes)
            spent = time.perf_counter() - at
            if everybody and len(numbers) == self._chats:
                past = sum(len(self._speaking[n].ids) + len(self._speaking[n].said) for n in numbers)
                self._steps.append((spent, past))
            last = {}
            for number, token in zip(numbers, said, strict=True):
                if self._hear(self._speaking[number], token):
                    last[number] = token
        return self._answers, time.perf_counter() - begun, self._steps

    def _ask(self, chat: Chat) -> None:
        if chat.ask():
            self._speaking[chat.number] = chat
            self._rows.start(Start(tuple(chat.ids), (chat.number,), chat.length))

    def _hear(self, chat: Chat, token: int) -> bool:
        """Whether the chat goes on in this turn."""
        answer = chat.hear(token)
        if answer is None:
            return True
        self._answers.append(answer)
        self._progress()
        self._rows.remove(chat.number)
        del self._speaking[chat.number]
        self._ask(chat)
        return False


def measured(
    weights: Weights,
    trial: CardTrial,
    here: Machine,
    *,
    numbers: torch.dtype,
    progress: Callable[[], None],
) -> dict[str, object]:
    """Figures, the bound of a step, and how many steps were recorded."""
    begin_peak()
    room = Room(trial.chats, trial.positions, PREFIX_BYTES)
    rows = card_rows(weights, dtype=numbers, room=room)
    vocabulary = len(weights.embedding)
    for seed in (1, 2):  # what is slow once is slow in the first
        talks = chats(trial.chats, vocabulary=vocabulary, seed=seed)
        answers, wall_s, steps = Trial(rows, talks, progress=progress).run()
    made = figures(answers, wall_s=wall_s, memory_mb=host_mb(), card_memory_mb=card_mb())
    own = {"chats": trial.chats, **made.to_json(), "recorded_steps": len(rows.steps.sizes)}
    if steps:
        step_s, past = sorted(steps)[len(steps) // 2]
        needed = needs(weights, rows=trial.chats, positions=past // trial.chats, numbers=numbers)
        own["bound"] = asdict(bound_of(needed, here, rows=trial.chats, step_s=step_s))
    return own
