"""The base model with low-rank weights to train: which device and number format, and quick arithmetic on a CPU.

Knows the recipe's `lora`; nothing of data or steps.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from torch import Tensor
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from inference.engine.loader import best_dtype
from inference.errors import ModelError
from inference.models.catalogue import TEXT, data_directory, folder_of, is_present
from inference.models.convert import dense_folder
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.swift import quicken


@dataclass(frozen=True)
class Trained:
    """`ends` are the ids that end a reply."""

    network: PeftModel
    tokenizer: PreTrainedTokenizerBase
    ends: frozenset[int]

    @property
    def device(self) -> torch.device:
        return self.network.device


@dataclass(frozen=True)
class Tokens:
    """How a base model cuts text, and the ids that end a reply; known before its weights are loaded."""

    tokenizer: PreTrainedTokenizerBase
    ends: frozenset[int]


def base_of(recipe: Recipe) -> str:
    """The base model's folder or id: the recipe's, else the fetched bundled one. Raises ModelError where it is not
    fetched."""
    source = recipe.base
    if not source:
        if not is_present(TEXT, data_directory()):
            raise ModelError("the text model is not here; run: python -m inference models fetch default")
        source = str(folder_of(TEXT, data_directory()) / TEXT.weights)
    return str(dense_folder(Path(source))) if source.endswith(".gguf") else source


def best_device() -> torch.device:
    """This process's own card, else the processor."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cuda", torch.cuda.current_device())


def tokens_of(base: str) -> Tokens:
    """Raises ModelError for a base whose tokenizer or configuration cannot be read."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        named = _generation_of(base).eos_token_id
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"the base model {base} cannot be loaded ({type(error).__name__})") from error
    ids = named if isinstance(named, list) else [named]
    ends = frozenset(value for value in [*ids, tokenizer.eos_token_id] if value is not None)
    return Tokens(tokenizer, ends)


def prepared(recipe: Recipe, base: str, *, tokens: Tokens | None = None, device: str = "") -> Trained:
    """The base frozen, with fresh low-rank weights by the recipe's seed. Raises RecipeError for QLoRA without CUDA,
    ModelError for a base that cannot be loaded."""
    device = device or best_device().type
    if recipe.lora.quantised and device != "cuda":
        raise RecipeError(
            "lora.quantised (QLoRA) needs a CUDA GPU; on a CPU leave it out: plain LoRA fits there"
        )
    disable_progress_bar()
    tokens = tokens or tokens_of(base)
    try:
        network = AutoModelForCausalLM.from_pretrained(
            base,
            dtype=best_dtype(device),
            use_safetensors=True,
            attn_implementation="sdpa",
            **(_in_4_bits() if recipe.lora.quantised else {}),
        )
    except torch.OutOfMemoryError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelError(f"the base model {base} cannot be loaded ({type(error).__name__})") from error
    network.config.use_cache = False
    if recipe.lora.quantised:
        network = prepare_model_for_kbit_training(network, use_gradient_checkpointing=False)
    torch.manual_seed(recipe.seed)
    network = get_peft_model(network, _config(recipe, base))
    if recipe.optimiser.recompute:
        network.get_base_model().gradient_checkpointing_enable({"use_reentrant": False})
        network.enable_input_require_grads()
    if device == "cpu" and not recipe.lora.dropout:
        quicken(network)
    if not recipe.lora.quantised:  # placed when it was loaded
        network = network.to(device)
    return Trained(network.train(), tokens.tokenizer, tokens.ends)


def small_state(network: PeftModel) -> dict[str, Tensor]:
    """The trained weights by name, in full precision: copies that later steps do not change."""
    return {
        name: parameter.detach().cpu().clone()
        for name, parameter in network.named_parameters()
        if parameter.requires_grad
    }


@torch.no_grad()
def take_state(network: PeftModel, state: Mapping[str, Tensor]) -> None:
    """Put weights of `small_state` back."""
    own = dict(network.named_parameters())
    for name, value in state.items():
        own[name].copy_(value)


def _config(recipe: Recipe, base: str) -> LoraConfig:
    return LoraConfig(
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        base_model_name_or_path=base,
    )


def _in_4_bits() -> Mapping[str, object]:
    try:
        import bitsandbytes  # noqa: F401, PLC0415 - only where a recipe asks for it
        from transformers import BitsAndBytesConfig  # noqa: PLC0415 - as above
    except ImportError:
        raise RecipeError("lora.quantised (QLoRA) needs bitsandbytes: the extra `qlora`") from None
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    return {"quantization_config": config, "device_map": {"": torch.cuda.current_device()}}


def _generation_of(base: str) -> GenerationConfig:
    """As loading the model finds it: its own file, else what its configuration says."""
    try:
        return GenerationConfig.from_pretrained(base)
    except OSError:
        return GenerationConfig.from_model_config(AutoConfig.from_pretrained(base))
