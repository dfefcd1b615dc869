from dataclasses import replace

import torch
from transformers import LlamaConfig

from inference.benchmark.card.plan import TURNS, plan, random_weights
from inference.benchmark.card.step import measured
from inference.benchmark.machine import Machine

HERE = Machine(bandwidth_gb_s=10.0, exact_gop_s=100.0, whole_gop_s=400.0, numbers="float32")


def test_every_chat_is_answered_every_turn_and_a_step_is_held_against_its_bound(small: LlamaConfig) -> None:
    weights = random_weights(small, numbers=torch.float32, device="cpu")
    trial = replace(plan(small, chats=(2,))[0], positions=720)
    progress: list[int] = []
    own = measured(weights, trial, HERE, numbers=torch.float32, progress=lambda: progress.append(1))
    assert (own["answers"], len(progress)) == (2 * TURNS, 2 * 2 * TURNS)
    assert (own["bound"]["rows"], own["bound"]["bound_by"] in ("bytes", "operations")) == (2, True)
    assert own["bound"]["moved_mb"] > 0
    assert own["recorded_steps"] >= 2
    assert own["first_ms"]["p99"] >= own["first_ms"]["p50"] > 0
    assert own["memory_mb"] > 50
