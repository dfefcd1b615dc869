"""Reads a PEFT folder into low-rank pairs for our own step: safetensors only, plain LoRA only.

Knows PEFT's names and its scale; what an adapter is for, and whether it was promoted, it does not.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from inference.engine.lora import LowRank, fold
from inference.engine.weights import Weights
from inference.errors import ModelError
from inference.models.adapter import CONFIG_FILE, WEIGHTS_FILE, address_of, check_safetensors
from inference.strict_json import Json

_NAME = re.compile(r"(?:.*\.)?layers\.(\d+)\.((?:self_attn|mlp)\.\w+)\.lora_([AB])\.weight")
_UNKNOWN = (
    "use_dora",
    "alora_invocation_tokens",
    "modules_to_save",
    "rank_pattern",
    "alpha_pattern",
    "lora_bias",
)
"""Settings of PEFT that make it something else than a pair of matrices of one scale."""


def read_low_rank(folder: Path, *, name: str, weights: Weights) -> LowRank:
    """The adapter in `folder`, its files hashed; a ModelError where it cannot be read or does not fit."""
    check_safetensors(folder / WEIGHTS_FILE)
    checksum = address_of(folder)
    scale = _scale(folder / CONFIG_FILE, name)
    try:
        tensors = load_file(folder / WEIGHTS_FILE)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the adapter {name} cannot be read ({type(error).__name__})") from error
    return fold(name, checksum, _pairs(tensors, scale, name), weights)


def _scale(file: Path, name: str) -> float:
    try:
        config: dict[str, Json] = json.loads(file.read_text(encoding="utf-8"))
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
        is_plain = config["peft_type"] == "LORA" and not any(config.get(key) for key in _UNKNOWN)
        is_plain = is_plain and config.get("bias", "none") == "none" and rank > 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"the adapter {name} has no readable configuration ({type(error).__name__})"
        ) from error
    if not is_plain:
        raise ModelError(f"the adapter {name} is of a kind that this worker does not know")
    return alpha / rank**0.5 if config.get("use_rslora") else alpha / rank


def _pairs(
    tensors: Mapping[str, torch.Tensor], scale: float, name: str
) -> dict[tuple[int, str], tuple[torch.Tensor, torch.Tensor]]:
    found: dict[tuple[int, str], dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        match = _NAME.fullmatch(key)
        if match is None:
            raise ModelError(f"the adapter {name} changes parts that this worker does not know")
        found.setdefault((int(match[1]), match[2]), {})[match[3]] = tensor
    if any(set(pair) != {"A", "B"} for pair in found.values()):
        raise ModelError(f"the adapter {name} is not whole")
    return {place: (pair["A"], pair["B"] * scale) for place, pair in found.items()}
