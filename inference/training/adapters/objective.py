"""What is made small: the surprise at the replies to learn, and the likelihood of unsafe ones.

The output layer is run at learned places only: the vocabulary is large and most tokens are context. Knows batches of
ids, no text.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inference.training.adapters.encoding import Encoded

PADDING = 0
LARGEST = 1 - 1e-6
"""What a certain token's probability is taken for, so that its unlikelihood stays finite and still has a slope."""


@dataclass(frozen=True)
class Rows:
    """`ids` and `wanted` [rows, tokens]: `wanted` is true where the next token is learned. Padded on the right."""

    ids: Tensor
    wanted: Tensor


def rows_of(batch: Sequence[Encoded], device: torch.device) -> Rows:
    widest = max(len(each.ids) for each in batch)
    ids = torch.full((len(batch), widest), PADDING)
    wanted = torch.zeros((len(batch), widest), dtype=torch.bool)
    for row, each in enumerate(batch):
        ids[row, : len(each.ids)] = torch.tensor(each.ids)
        wanted[row, : len(each.ids) - 1] = torch.tensor(each.learned[1:])
    return Rows(ids.to(device), wanted.to(device))


class Objective(nn.Module):
    """Wraps the network so that a step is one call, on one device or on several."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Rows) -> Tensor:
        """Log-probabilities [learned] of the learned tokens, row by row, in order."""
        base = self.network.get_base_model()
        with _computing(rows.ids.device):
            states = base.get_decoder()(input_ids=rows.ids, use_cache=False).last_hidden_state
            logits = base.get_output_embeddings()(states[rows.wanted])
        following = rows.ids.roll(-1, dims=1)[rows.wanted]
        return -nn.functional.cross_entropy(logits.float(), following, reduction="none")


def surprise(logs: Tensor) -> Tensor:
    """The sum of negative log-likelihoods, in nats."""
    return -logs.sum()


def unlikelihood(logs: Tensor) -> Tensor:
    """The sum of -log(1 - p) over the tokens of unsafe replies (Welleck et al. 2020): its pull grows with p, so that
    words which the model would not say anyway are left alone. p is scaled and not cut, for a cut has no slope: what the
    model is surest of would never be unlearned."""
    return -torch.log1p(-logs.exp() * LARGEST).sum()


def _computing(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Mixed precision on CUDA; on a CPU the weights' own format decides."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else contextlib.nullcontext()
