"""transformers' plain `generate` with random weights of the same configuration, asked by the same chats as our step.

Everybody who waits is one batch, padded on the left; each stops being counted at the end of its own answer, and all ask
again when the longest is done: who knows no other way to batch has that.
"""

import time
from collections.abc import Callable, Sequence

import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
)

from inference.benchmark.card.chats import Chat, chats
from inference.benchmark.card.memory import begin_peak, card_mb, host_mb
from inference.benchmark.figures import Answer, figures

CHATS = 100
"""The number at which ours is held against it."""
_PAD = 0


def random_network(config: LlamaConfig, *, numbers: torch.dtype, device: str) -> PreTrainedModel:
    """Made where it stays. No token ends an answer: that is for the chats to say."""
    with torch.device(device):
        network = AutoModelForCausalLM.from_config(config, dtype=numbers, attn_implementation="sdpa")
    network.generation_config.eos_token_id = None
    return network.eval().requires_grad_(False)


def measured(network: PreTrainedModel, *, count: int, progress: Callable[[], None]) -> dict[str, object]:
    begin_peak()
    for seed in (1, 2):  # as for our step
        talks = chats(count, vocabulary=network.config.vocab_size, seed=seed)
        answers, wall_s = run(network, talks, progress=progress)
    made = figures(answers, wall_s=wall_s, memory_mb=host_mb(), card_memory_mb=card_mb())
    return {"chats": count, **made.to_json()}


def run(
    network: PreTrainedModel, talks: Sequence[Chat], *, progress: Callable[[], None]
) -> tuple[list[Answer], float]:
    """The answers, and the seconds they took in all."""
    begun, answers = time.perf_counter(), []
    while waiting := [chat for chat in talks if chat.ask()]:
        for answer in _batch(network, waiting):
            answers.append(answer)
            progress()
    return answers, time.perf_counter() - begun


def _batch(network: PreTrainedModel, waiting: Sequence[Chat]) -> list[Answer]:
    width = max(len(chat.ids) for chat in waiting)
    pads = [width - len(chat.ids) for chat in waiting]
    rows = [[_PAD] * pad + chat.ids for pad, chat in zip(pads, waiting, strict=True)]
    seen = [[0] * pad + [1] * (width - pad) for pad in pads]
    hearing = _Hearing(waiting)
    network.generate(
        input_ids=torch.tensor(rows, device=network.device),
        attention_mask=torch.tensor(seen, device=network.device),
        do_sample=True,
        temperature=0.7,
        top_p=0.9,
        max_new_tokens=max(chat.length for chat in waiting),
        stopping_criteria=StoppingCriteriaList([hearing]),
        pad_token_id=_PAD,
    )
    return hearing.answers


class _Hearing(StoppingCriteria):
    """Hands every row's tokens to its chat, as long as that listens."""

    def __init__(self, waiting: Sequence[Chat]) -> None:
        self._waiting = waiting
        self._done = [False] * len(waiting)
        self.answers: list[Answer] = []

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor, **settings: object) -> torch.Tensor:
        for row, (chat, token) in enumerate(zip(self._waiting, ids[:, -1].tolist(), strict=True)):
            if not self._done[row] and (answer := chat.hear(token)):
                self._done[row] = True
                self.answers.append(answer)
        return torch.tensor(self._done, device=ids.device)
