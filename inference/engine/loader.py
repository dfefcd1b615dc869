"""Gets a model ready to speak: from a folder, a GGUF file or a Hugging Face id, in safetensors only, no remote code.

`load` gives transformers' network, which anybody may run; `quicken` turns it into the weights of our own step. Knows
devices, number formats and threads; nothing of prompts or sampling.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from inference.contracts import ModelName
from inference.engine.linear import Kernel, best_kernel
from inference.engine.lora import LowRank
from inference.engine.peft_folder import read_low_rank
from inference.engine.weights import Weights, is_known, take_weights
from inference.errors import ModelError
from inference.models.convert import dense_folder

SHORT_SUM = 12
"""Digits of an adapter's address in what is recorded with a reply; the registry finds it by them."""
LONGEST_CONTEXT = 4096
"""Tokens of prompt and reply; a session's talk fits, and memory for one row stays under 100 MB with the default."""


@dataclass(frozen=True)
class LoadedModel:
    """`context` is the most tokens that prompt and reply may have together; `ends` are the ids that end a reply. A
    quickened model has `weights`, perhaps adapters by name, and no network any more. `refused` says of adapters that
    should speak why they do not."""

    network: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: ModelName
    context: int
    ends: frozenset[int]
    weights: Weights | None = None
    adapters: Mapping[str, LowRank] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        return self.network.device if self.weights is None else self.weights.embedding.device

    @property
    def dtype(self) -> torch.dtype:
        return self.network.dtype if self.weights is None else self.weights.embedding.dtype

    def adapter(self, name: str) -> LowRank | None:
        """None for the model itself, ""; a ModelError for a name it does not have."""
        if name and name not in self.adapters:
            raise ModelError("the worker has no adapter of this name")
        return self.adapters.get(name)

    def spoken_as(self, adapter: str) -> ModelName:
        """The model's name with that of the adapter that speaks on it; a ModelError as `adapter`."""
        own = self.adapter(adapter)
        if own is None:
            return self.name
        return replace(self.name, adapter=f"{own.name}@{own.checksum[:SHORT_SUM]}", card=own.card)


def load(source: str, *, name: ModelName | None = None) -> LoadedModel:
    """`source` is a folder, a `.gguf` file or an id; anything that keeps it from loading is a ModelError."""
    path = Path(source)
    if path.suffix == ".gguf":
        path = dense_folder(path)
    place = str(path) if path.exists() else source
    disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(place)
        network = AutoModelForCausalLM.from_pretrained(
            place, dtype=best_dtype(device), use_safetensors=True, attn_implementation="sdpa"
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"the model {source} cannot be loaded ({type(error).__name__}): {error}") from error
    network.eval().requires_grad_(False).to(device)
    return LoadedModel(
        network=network,
        tokenizer=tokenizer,
        name=name or ModelName(name=source, revision=getattr(network.config, "_commit_hash", None) or ""),
        context=_context(network),
        ends=_ends(network, tokenizer),
    )


def quicken(
    model: LoadedModel, *, kernel: Kernel | None = None, adapters: Mapping[str, Path] | None = None
) -> LoadedModel:
    """The model ready for our own step, with the adapters in these folders; as it is where its kind is not known, and
    then a ModelError if adapters are asked for. Its network is let go: the weights are copies."""
    if not is_known(model.network):
        if adapters:
            raise ModelError("this worker cannot put adapters on a model of this kind")
        return model
    weights = take_weights(model.network, kernel=kernel or best_kernel(model.device.type))
    own = {
        name: read_low_rank(folder, name=name, weights=weights) for name, folder in (adapters or {}).items()
    }
    return replace(model, network=None, weights=weights, adapters=own)


def best_dtype(device: str) -> torch.dtype:
    """bfloat16 where the machine computes in it: measured on 2 cores with avx512_bf16, a 250-token prompt takes 0.26 s
    against 0.43 s, four rows' step 47 ms against 81 ms, and memory halves. Elsewhere it is emulated and slow."""
    if device == "cuda":
        return torch.bfloat16
    try:
        flags = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return torch.float32
    return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else torch.float32


def use_threads(threads: int | None = None) -> int:
    """Let torch use this many cores, all that this process may use unless told; returns the number."""
    wanted = threads or int(os.environ.get("OMP_NUM_THREADS") or 0) or len(os.sched_getaffinity(0))
    torch.set_num_threads(wanted)
    return wanted


def _context(network: PreTrainedModel) -> int:
    """Sliding windows are not modelled by the slots, so that the context stays inside one; other kinds are refused."""
    config = network.config.get_text_config(decoder=True)
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    if not kinds <= {"full_attention", "sliding_attention"}:
        raise ModelError(f"this worker cannot run layers of the kinds {', '.join(sorted(kinds))}")
    window = getattr(config, "sliding_window", None) if "sliding_attention" in kinds else None
    return min(config.max_position_embeddings, window or LONGEST_CONTEXT, LONGEST_CONTEXT)


def _ends(network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    named = network.generation_config.eos_token_id
    ids = named if isinstance(named, list) else [named]
    return frozenset(value for value in [*ids, tokenizer.eos_token_id] if value is not None)
