"""What a run on a CUDA card adds: random weights of an 8B configuration, at 1, 32, 100 and 256 chats.

The weights are made on the card, so that nothing has to be fetched; chats have several turns, begin alike and differ
in length. Below the worker: no queue, no judge and no words, a step is a step of the engine and a choice of tokens.
What is planned, and the run itself, are tested with a small configuration on a processor. No run on a card has been
made with it: its figures are unmeasured.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import torch
from transformers import LlamaConfig

from inference.benchmark.figures import Answer, figures
from inference.benchmark.machine import Machine, bound_of, machine, needs
from inference.engine.arena import Room, slots_for
from inference.engine.device import best_dtype
from inference.engine.linear import Exact, Kernel
from inference.engine.rows import Start
from inference.engine.sampling import Wish, row_generator, sample
from inference.engine.static import StaticRows, card_rows
from inference.engine.style import Sampling
from inference.engine.weights import Layer, Shape, Weights
from inference.errors import ModelError

CHATS = (1, 32, 100, 256)
TURNS = 3
CONFIGURATION = {
    "vocab_size": 128_256,
    "hidden_size": 4096,
    "intermediate_size": 14_336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": False,
}
"""Llama 3.1 8B's, and"""
ROPE_THETA = 500_000.0
SHARED, OWN, ASKED, ANSWER = 200, 200, 40, (24, 64)
"""Tokens: of a beginning that all share, of each chat's own at most, of a question, and of an answer from and to."""
POSITIONS = 768
"""A slot's, for TURNS turns."""
WORKING_BYTES = 3 << 30
"""Logits, a step's tokens between the matrices, recordings and torch itself; an estimate."""
PREFIX_BYTES = 1 << 30
_PLAIN = Sampling(temperature=0.7, top_p=0.9, repetition_penalty=1.0)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class CardTrial:
    """`weight_bytes` are held and, less the embedding, read in every step; `room_bytes` are set apart for rows."""

    chats: int
    positions: int
    weight_bytes: int
    room_bytes: int

    @property
    def needed_bytes(self) -> int:
        return self.weight_bytes + self.room_bytes + PREFIX_BYTES + WORKING_BYTES


def plan(
    config: LlamaConfig | None = None, *, chats: Sequence[int] = CHATS, numbers: torch.dtype = torch.bfloat16
) -> tuple[CardTrial, ...]:
    config = config or LlamaConfig(**CONFIGURATION)
    shape = shape_of(config)
    layer = sum(outputs * inputs for outputs, inputs in _matrices(config).values())
    ends = 2 * config.vocab_size * config.hidden_size
    weights = (config.num_hidden_layers * layer + ends) * numbers.itemsize
    position = shape.position_bytes(numbers)
    return tuple(
        CardTrial(each, POSITIONS, weights, slots_for(each) * POSITIONS * position) for each in chats
    )


def fitting(trials: Sequence[CardTrial], free_bytes: int | None) -> tuple[CardTrial, ...]:
    """Those for which the card has memory; a ModelError where there is none, or no card (`free_bytes` None)."""
    least = min(trial.needed_bytes for trial in trials)
    if free_bytes is None:
        raise ModelError(
            f"random weights of an 8B configuration need a CUDA card with {least / 1e9:.0f} GB free, and torch "
            "finds no card: leave --random-8b out"
        )
    fit = tuple(trial for trial in trials if trial.needed_bytes <= free_bytes)
    if not fit:
        raise ModelError(
            f"random weights of an 8B configuration need {least / 1e9:.0f} GB, and {free_bytes / 1e9:.0f} GB are "
            "free on the card: leave --random-8b out, or free some"
        )
    return fit


def free_bytes() -> int | None:
    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else None


def shape_of(config: LlamaConfig) -> Shape:
    return Shape(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        shared_heads=config.num_key_value_heads,
        head=config.hidden_size // config.num_attention_heads,
        eps=config.rms_norm_eps,
    )


def random_weights(config: LlamaConfig, *, numbers: torch.dtype, device: str) -> Weights:
    """Made where they stay. As far from each other as those of a trained model, so that numbers stay finite."""
    kind = {"dtype": numbers, "device": device}

    def matrix(outputs: int, inputs: int) -> Exact:
        return Exact(torch.empty(outputs, inputs, **kind).normal_(std=inputs**-0.5))

    sizes, shape = _matrices(config), shape_of(config)
    ones = torch.ones(config.hidden_size, device=device)
    pairs = torch.arange(0, shape.head, 2, device=device).float() / shape.head
    return Weights(
        shape=shape,
        middle=config.intermediate_size,
        embedding=torch.empty(config.vocab_size, config.hidden_size, **kind).normal_(),
        layers=tuple(
            Layer(
                **{name: matrix(*size) for name, size in sizes.items()},
                before_looking=ones,
                before_thinking=ones,
            )
            for _ in range(shape.layers)
        ),
        head=matrix(config.vocab_size, config.hidden_size),
        turns=ROPE_THETA**-pairs,
        turn_scale=1.0,
        rotation=None,
        kernel=Kernel.EXACT,
    )


def _matrices(config: LlamaConfig) -> dict[str, tuple[int, int]]:
    """Of one layer, outputs and inputs."""
    shape, size = shape_of(config), config.hidden_size
    return {
        "qkv": ((shape.heads + 2 * shape.shared_heads) * shape.head, size),
        "out": (size, shape.heads * shape.head),
        "gate_up": (2 * config.intermediate_size, size),
        "down": (size, config.intermediate_size),
    }


@dataclass(eq=False)
class _Chat:
    """`said` in this turn after `ids`; times are seconds of the clock."""

    number: int
    ids: list[int]
    chance: random.Random
    turns: int
    length: int = 0
    begun: float = 0.0
    first: float = 0.0
    said: list[int] = field(default_factory=list)


class Trial:
    """`chats` of TURNS turns, all at once; each asks again as soon as it is answered."""

    def __init__(
        self, rows: StaticRows, *, vocabulary: int, chats: int, seed: int, progress: Callable[[], None]
    ) -> None:
        self._rows, self._vocabulary, self._chats, self._progress = rows, vocabulary, chats, progress
        shared = self._tokens(random.Random(f"{seed}"), SHARED)  # noqa: S311 - play, not secrecy
        self._speaking: dict[int, _Chat] = {}
        self._answers: list[Answer] = []
        self._steps: list[tuple[float, int]] = []
        for number in range(chats):
            chance = random.Random(f"{seed}:{number}")  # noqa: S311 - as above
            ids = shared + self._tokens(chance, chance.randint(0, OWN))
            self._ask(_Chat(number, ids, chance, TURNS))

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
            tokens = sample(logits, wishes)
            spent = time.perf_counter() - at
            if everybody and len(numbers) == self._chats:
                past = sum(len(self._speaking[n].ids) + len(self._speaking[n].said) for n in numbers)
                self._steps.append((spent, past))
            last = {}
            for number, token in zip(numbers, tokens, strict=True):
                if self._hear(self._speaking[number], token):
                    last[number] = token
        return self._answers, time.perf_counter() - begun, self._steps

    def _ask(self, chat: _Chat) -> None:
        chat.ids += [*chat.said, *self._tokens(chat.chance, ASKED)]
        chat.said, chat.turns = [], chat.turns - 1
        chat.length, chat.begun = chat.chance.randint(*ANSWER), time.perf_counter()
        self._speaking[chat.number] = chat
        self._rows.start(Start(tuple(chat.ids), (chat.number,), chat.length))

    def _hear(self, chat: _Chat, token: int) -> bool:
        """Whether the chat goes on in this turn."""
        heard = time.perf_counter()
        if not chat.said:
            chat.first = heard
        chat.said.append(token)
        if len(chat.said) < chat.length:
            return True
        self._answers.append(Answer(chat.first - chat.begun, heard - chat.begun, len(chat.said)))
        self._progress()
        self._rows.remove(chat.number)
        del self._speaking[chat.number]
        if chat.turns:
            self._ask(chat)
        return False

    def _tokens(self, chance: random.Random, count: int) -> list[int]:
        return [chance.randrange(self._vocabulary) for _ in range(count)]


def measure(
    config: LlamaConfig, trials: Sequence[CardTrial], *, device: str = "cuda", tell: Tell
) -> dict[str, object]:
    """The machine, and for each trial its figures, its bound and how many steps were recorded."""
    numbers = best_dtype(device)
    tell("random weights are being made")
    weights = random_weights(config, numbers=numbers, device=device)
    here = machine(
        device=device, numbers=numbers, inputs=config.hidden_size, outputs=2 * config.intermediate_size
    )
    made = []
    for trial in trials:
        made.append(_measured(weights, trial, here, numbers=numbers, tell=tell))
    return {"machine": asdict(here), "trials": made}


def _measured(
    weights: Weights,
    trial: CardTrial,
    here: Machine,
    *,
    numbers: torch.dtype,
    tell: Tell,
) -> dict[str, object]:
    on_card, vocabulary, answered = weights.embedding.is_cuda, len(weights.embedding), 0

    def progress() -> None:
        nonlocal answered
        answered += 1
        tell(f"random weights, {trial.chats} chats: {answered} of {2 * TURNS * trial.chats} answers")

    if on_card:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    room = Room(trial.chats, trial.positions, PREFIX_BYTES)
    rows = card_rows(weights, dtype=numbers, room=room)
    kind = {"vocabulary": vocabulary, "chats": trial.chats, "progress": progress}
    Trial(rows, seed=1, **kind).run()  # what is slow once is slow here
    answers, wall_s, steps = Trial(rows, seed=2, **kind).run()
    memory_mb = torch.cuda.max_memory_allocated() / 1e6 if on_card else 0.0
    own = {
        "chats": trial.chats,
        **figures(answers, wall_s=wall_s, memory_mb=memory_mb).to_json(),
        "recorded_steps": len(rows.steps.sizes),
    }
    if steps:
        step_s, past = sorted(steps)[len(steps) // 2]
        needed = needs(weights, rows=trial.chats, positions=past // trial.chats, numbers=numbers)
        own["bound"] = asdict(bound_of(needed, here, rows=trial.chats, step_s=step_s))
    return own
