"""MiniLM, one low-rank adapter, the heads that share it: token states in, logits out. Used to train and to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import AutoModel

from inference.encoder.heads import ADAPTERS, Answer, build, module_name
from inference.encoder.tokens import Rows
from inference.errors import ModelError

RANK = 32
ALPHA = 64
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
"""Drawing masks on a CPU cost more than half of a training step; the heads keep their dropout, labels are smoothed."""
PLACES = ["query", "key", "value", "dense"]


@dataclass(frozen=True)
class Answers:
    """Logits by head: (rows, labels), or (rows, tokens, labels) for tags; `weights` (rows, tokens) that pooled them."""

    logits: Mapping[str, Tensor]
    weights: Mapping[str, Sequence[Tensor]]


class Network(nn.Module):
    def __init__(self, base: Path, adapter: str, *, trained: bool = False) -> None:
        """`trained`: with fresh low-rank weights to train; else the bare encoder, for weights to be merged into."""
        super().__init__()
        self.adapter = adapter
        try:
            encoder = AutoModel.from_pretrained(
                base, local_files_only=True, dtype=torch.float32, add_pooling_layer=False, **NO_DROPOUT
            )
        except (OSError, ValueError) as error:
            raise ModelError(
                "the embedding model cannot be loaded; run: python -m inference models fetch default"
            ) from error
        lora = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=PLACES)
        self.encoder: nn.Module = get_peft_model(encoder, lora) if trained else encoder
        self.heads = build(adapter)

    def forward(self, rows: Rows, shapes: Tensor | None = None) -> Answers:
        """`shapes` (rows, tokens, SHAPES): needed by an adapter with tags."""
        states = self.encoder(
            input_ids=rows.ids, attention_mask=rows.mask, token_type_ids=rows.kinds
        ).last_hidden_state
        return self.answer(states, rows.mask, shapes)

    def answer(self, states: Tensor, mask: Tensor, shapes: Tensor | None = None) -> Answers:
        logits, weights = {}, {}
        for spec in ADAPTERS[self.adapter]:
            head = self.heads[module_name(spec.name)]
            if spec.answer is Answer.TAGS:
                logits[spec.name] = head(states, shapes)
            else:
                logits[spec.name], weights[spec.name] = head(states, mask)
        return Answers(logits, weights)

    def small_state(self) -> dict[str, Tensor]:
        """Only what training made: low-rank weights and heads, in bf16."""
        return {
            name: tensor.detach().to(torch.bfloat16).contiguous().clone()
            for name, tensor in self.state_dict().items()
            if "lora_" in name or name.startswith("heads.")
        }

    def merged(self) -> "Network":
        """Fold the low-rank weights into the encoder."""
        if isinstance(self.encoder, PeftModel):
            self.encoder = self.encoder.merge_and_unload()
        return self
