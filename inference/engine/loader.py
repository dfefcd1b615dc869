"""Gets a model ready to speak: from a folder, a GGUF file or a Hugging Face id, in safetensors only, no remote code.

`load` gives transformers' network, which anybody may run; `quicken` turns it into the weights of our own step; `ready`
does both as a worker is set up, and on a card never holds more there than it needs. Nothing of prompts or sampling.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from inference.contracts import ModelName
from inference.engine.arena import Room, room_for
from inference.engine.device import best_dtype, device_for, kernel_for
from inference.engine.linear import Kernel, best_kernel, four_bits_hold
from inference.engine.lora import LowRank
from inference.engine.peft_folder import read_low_rank
from inference.engine.setting import Device, Quantise, Setting
from inference.engine.weights import Weights, is_known, take_weights
from inference.errors import ModelError
from inference.models.checksum import revision_of
from inference.models.convert import dense_folder

SHORT_SUM = 12
"""Digits of an adapter's address in what is recorded with a reply; the registry finds it by them."""
LONGEST_CONTEXT = 4096
"""Tokens of prompt and reply; a session's talk fits, and memory for one row stays under 100 MB with the default."""


@dataclass(frozen=True)
class LoadedModel:
    """`context` is the most tokens that prompt and reply may have together; `ends` are the ids that end a reply. A
    quickened model has `weights`, perhaps adapters by name, and no network any more. `refused` says of adapters that
    should speak why they do not. On a card `room` is what its rows will have, on a processor `talk_bytes`."""

    network: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: ModelName
    context: int
    ends: frozenset[int]
    weights: Weights | None = None
    adapters: Mapping[str, LowRank] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    room: Room | None = None
    talk_bytes: int = Setting.talk_bytes

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


def load(source: str, *, name: ModelName | None = None, device: Device = Device.AUTO) -> LoadedModel:
    """`source` is a folder, a `.gguf` file or an id; anything that keeps it from loading is a ModelError."""
    place = device_for(device)
    return _moved(_read(source, name=name, dtype=best_dtype(place)), place)


def ready(
    source: str,
    *,
    name: ModelName | None = None,
    setting: Setting | None = None,
) -> LoadedModel:
    """The model as a worker speaks with it: read beside the card, and put there as our own step holds it. A ModelError
    also where the setting asks for what the device cannot do, or has no memory for."""
    setting = setting or Setting()
    place = device_for(setting.device)
    dtype = best_dtype(place)
    kernel = kernel_for(place, setting.quantise, dtype=dtype)
    if kernel is Kernel.FOUR and not four_bits_hold(place):
        raise ModelError("this torch holds four bits otherwise than this worker knows: 8bit does not need it")
    model = replace(_read(source, name=name, dtype=dtype), talk_bytes=setting.talk_bytes)
    if setting.quantise is not Quantise.NONE and not is_known(model.network):
        raise ModelError("a model of this kind cannot be held in fewer bits by this worker")
    try:
        return quicken(model, kernel=kernel, device=place, rows=setting.rows)
    except torch.OutOfMemoryError as error:
        raise ModelError(
            "the model does not fit into the card's memory: choose a smaller one, or PIXELATED_QUANTISE=8bit or 4bit"
        ) from error


def _moved(model: LoadedModel, device: str) -> LoadedModel:
    return replace(model, network=model.network.to(device))


def _read(source: str, *, name: ModelName | None, dtype: torch.dtype) -> LoadedModel:
    """The network on the processor, in the numbers it will have elsewhere."""
    path = file = Path(source)
    if file.suffix == ".gguf":
        path = dense_folder(file)
    place = str(path) if path.exists() else source
    disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(place)
        network = AutoModelForCausalLM.from_pretrained(
            place, dtype=dtype, use_safetensors=True, attn_implementation="sdpa"
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"the model {source} cannot be loaded ({type(error).__name__}): {error}") from error
    network.eval().requires_grad_(False)
    return LoadedModel(
        network=network,
        tokenizer=tokenizer,
        name=name or ModelName(source, _revision(file if file.is_file() else path, network)),
        context=_context(network),
        ends=_ends(network, tokenizer),
    )


def _revision(place: Path, network: PreTrainedModel) -> str:
    """Which of the weights of this name: their sum where they lie on this disk, else the hub's commit."""
    return revision_of(place) if place.exists() else getattr(network.config, "_commit_hash", None) or ""


def quicken(
    model: LoadedModel,
    *,
    kernel: Kernel | None = None,
    adapters: Mapping[str, Path] | None = None,
    device: str | None = None,
    rows: int = Setting.rows,
) -> LoadedModel:
    """The model ready for our own step on `device`, or where it is, with the adapters in these folders; as it is where
    its kind is not known, and then a ModelError if adapters are asked for. Its network is let go: the weights are
    copies. On a card a ModelError where `rows` rows have no room beside them."""
    device = device or model.device.type
    if not is_known(model.network):
        if adapters:
            raise ModelError("this worker cannot put adapters on a model of this kind")
        return _moved(model, device)
    weights = take_weights(model.network, kernel=kernel or best_kernel(device), device=device)
    own = {
        name: read_low_rank(folder, name=name, weights=weights) for name, folder in (adapters or {}).items()
    }
    quick = replace(model, network=None, weights=weights, adapters=own)
    if device != "cuda":
        return quick
    room = room_for(weights.shape, quick.dtype, rows=rows, context=model.context)
    return replace(quick, room=room, context=room.positions)


def use_threads(threads: int | None = None) -> int:
    """Let torch use this many cores, all that this process may use unless told (OMP_NUM_THREADS tells too); returns
    the number."""
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
