"""A step spread over two processes: one network in both, which learns."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from inference.training.adapters.loop import train
from inference.training.adapters.network import small_state
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Setting, gather

ROOT = Path(__file__).resolve().parents[4]
DEADLINE_S = 300
"""Seconds of waiting for a machine that is busy; alone, both are done in twelve."""
PROCESS = """
import json, sys
from pathlib import Path
import torch
from inference.training.adapters.loop import train
from inference.training.adapters.network import small_state
from inference.training.adapters.recipe import recipe_from_card
from inference.training.adapters.run import Setting, gather, measured_once

rank, folder = int(sys.argv[1]), Path(sys.argv[2])
given = json.loads((folder / "given.json").read_text())
recipe = recipe_from_card(given["recipe"])
gathered = gather(recipe, Setting(folder / "out", folder / "work", Path(given["dialogues"])))
measured_once(gathered, folder / f"before-{rank}.json")
course = train(gathered.trained, gathered.material, recipe, checkpoints=folder / "checkpoints")
torch.save(
    {"curve": course.curve, "held": course.held, "weights": small_state(gathered.trained.network),
     "processes": torch.distributed.get_world_size()},
    folder / f"rank-{rank}.pt",
)
torch.distributed.destroy_process_group()
"""


def together(folder: Path) -> list[dict]:
    """What two processes that train together end with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "ACCELERATE_USE_CPU": "true",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(rank), str(folder)],
            cwd=ROOT,
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        for process in started:
            _, wrong = process.communicate(timeout=DEADLINE_S)
            assert process.returncode == 0, wrong[-2000:]
    finally:
        for process in started:
            process.kill()
            process.wait()
    return [torch.load(folder / f"rank-{rank}.pt", weights_only=True) for rank in range(2)]


def test_two_processes_end_with_one_network_that_has_learned_what_one_process_learns(
    make_recipe: Callable[..., Recipe], dialogues: Path, tmp_path: Path
) -> None:
    recipe = make_recipe(
        phases=[{"name": "all", "passes": 3.0}],
        optimiser={"accumulate": 3},
        watch={"evaluate_every": 8, "checkpoint_every": 8},
        safety={"weight": 0.5},
    )
    (tmp_path / "given.json").write_text(
        json.dumps({"recipe": recipe.to_json(), "dialogues": str(dialogues)}), encoding="utf-8"
    )
    first, second = together(tmp_path)
    alone = gather(recipe, Setting(tmp_path / "out", tmp_path / "work", dialogues))
    course = train(alone.trained, alone.material, recipe)

    assert first["processes"] == second["processes"] == 2
    assert all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())
    assert first["curve"] == second["curve"] and first["held"] == second["held"]
    assert sum(first["curve"][-4:]) < 0.9 * sum(first["curve"][:4])
    assert first["curve"] == pytest.approx(course.curve, rel=2e-2), "the same steps, spread"
    weights = small_state(alone.trained.network)
    assert all(torch.allclose(value, weights[name], atol=0.05) for name, value in first["weights"].items())
    assert (tmp_path / "before-0.json").is_file() and not (tmp_path / "before-1.json").exists()
