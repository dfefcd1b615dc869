"""all-MiniLM-L6-v2 on torch: texts in, unit vectors out. Knows nothing of what they are compared for.

Mean of the last layer over real tokens, then unit length, as the model was trained to be used
(https://www.sbert.net/docs/sentence_transformer/pretrained_models.html). Used from one thread.
"""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

from inference.errors import ModelError

DIMENSIONS = 384
MAX_TOKENS = 128
CACHED_TEXTS = 4096


class MiniLM:
    """`embed` keeps vectors of texts it saw lately: the same authored lines are compared with again and again."""

    def __init__(self, folder: Path) -> None:
        """Raises ModelError where the folder holds no such model."""
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32).eval()
        except (OSError, ValueError) as error:
            raise ModelError(
                "the embedding model cannot be loaded; run: python -m inference models fetch default"
            ) from error
        self._kept: OrderedDict[str, torch.Tensor] = OrderedDict()

    def warm_up(self) -> None:
        """The first runs are slow; let them be ours and not a person's."""
        self._compute(["Good morning."])
        self._compute(["It is raining, and it has been raining for a week."] * 12)

    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        """(len(texts), 384) float32, each row of length 1. `texts` is not empty."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if fresh:
            for text, vector in zip(fresh, self._compute(fresh), strict=True):
                self._kept[text] = vector
        rows = torch.stack([self._kept[text] for text in texts])
        for text in texts:
            self._kept.move_to_end(text)
        while len(self._kept) > CACHED_TEXTS:
            self._kept.popitem(last=False)
        return rows

    @torch.inference_mode()
    def _compute(self, texts: list[str]) -> torch.Tensor:
        batch = self._tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        states = self._model(**batch).last_hidden_state
        real = batch["attention_mask"].unsqueeze(-1).to(states.dtype)
        means = (states * real).sum(1) / real.sum(1).clamp(min=1)
        return torch.nn.functional.normalize(means, dim=1)
