"""The same arithmetic as PEFT's and PyTorch's on a CPU, in fewer passes: see the table in `inference/README.md`.

A low-rank layer costs PEFT several passes over its output; here what it adds is added in place. PyTorch's fused
attention has a slow way back in bfloat16 on a CPU; plain products over blocks of queries, with the heads that share
keys side by side, take half of it. Only for layers without dropout, merging or quantisation.
Right-padded rows need no mask: a causal layer's real tokens see no padding.
"""

import torch
from peft import PeftModel
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn
from transformers import AttentionInterface

ATTENTION = "swift_causal"
ADAPTER = "default"
BLOCK = 128
"""Queries at a time."""


class _LowRank(torch.autograd.Function):
    """x W' + s (x A') B' with W frozen: [n, in] to [n, out]."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:  # noqa: ANN001
        inner = x @ a.t()
        ctx.save_for_backward(x, weight, a, b, inner)
        ctx.scale = scale
        return (x @ weight.t()).addmm_(inner, b.t(), alpha=scale)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN001
        x, weight, a, b, inner = ctx.saved_tensors
        inward = (gradient @ b) * ctx.scale
        to_x = (gradient @ weight).addmm_(inward, a) if ctx.needs_input_grad[0] else None
        return to_x, None, inward.t() @ x, (gradient.t() @ inner) * ctx.scale, None


def quicken(network: PeftModel) -> int:
    """Give every low-rank layer of `network` the quick way, and its decoder the quick attention; returns how many
    layers."""
    layers = [module for module in network.modules() if isinstance(module, LoraLinear)]
    for layer in layers:
        layer.forward = _forward_of(layer)  # type: ignore[method-assign]
    AttentionInterface.register(ATTENTION, attention)
    network.get_base_model().set_attn_implementation(ATTENTION)
    return len(layers)


def _forward_of(layer: LoraLinear):  # noqa: ANN202 - a bound forward, as nn.Module has it
    base: nn.Linear = layer.get_base_layer()  # type: ignore[assignment]
    a, b = layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
    scale = float(layer.scaling[ADAPTER])

    def forward(x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        dtype = base.weight.dtype
        said = _LowRank.apply(flat.to(dtype), base.weight, a.to(dtype), b.to(dtype), scale)
        said = said if base.bias is None else said + base.bias
        return said.view(*x.shape[:-1], said.shape[-1])

    return forward


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **given: object,
) -> tuple[Tensor, None]:
    """Causal attention: query [rows, heads, tokens, size], key and value [rows, shared, tokens, size] to
    [rows, tokens, heads, size]. A mask is not read."""
    rows, heads, tokens, size = query.shape
    shared = key.shape[1]
    grouped = (query * scaling).view(rows, shared, heads // shared, tokens, size)
    parts = [
        _block(grouped[:, :, :, start : start + BLOCK], key, value, start)
        for start in range(0, tokens, BLOCK)
    ]
    return torch.cat(parts, dim=3).view(rows, heads, tokens, size).transpose(1, 2).contiguous(), None


def _block(query: Tensor, key: Tensor, value: Tensor, start: int) -> Tensor:
    """What the tokens from `start` on see: those up to their own, so that nearly half of the work is left out."""
    rows, shared, together, tokens, size = query.shape
    end = start + tokens
    stacked = query.reshape(rows, shared, together * tokens, size)
    scores = (stacked @ key[:, :, :end].transpose(2, 3)).view(rows, shared, together, tokens, end)
    weights = (scores + _unseen(tokens, end, scores)).softmax(-1)
    seen = weights.view(rows, shared, together * tokens, end) @ value[:, :, :end]
    return seen.view(rows, shared, together, tokens, size)


def _unseen(tokens: int, end: int, like: Tensor) -> Tensor:
    lowest = torch.finfo(like.dtype).min
    return torch.full((tokens, end), lowest, dtype=like.dtype, device=like.device).triu(end - tokens + 1)
