"""The same arithmetic as PEFT's and PyTorch's on a CPU, in fewer and larger products: a run takes half the time.

A low-rank layer costs PEFT seven small products and four passes over its output; here its first product rides along
with the frozen weights'. PyTorch's fused attention has a slow way back in bfloat16 on a CPU; three plain products, with
the heads that share keys side by side, take half of it. Only for layers without dropout, merging or quantisation.
Right-padded rows need no mask: a causal layer's real tokens see no padding.
"""

import torch
from peft import PeftModel
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn
from transformers import AttentionInterface

ATTENTION = "swift_causal"
ADAPTER = "default"


class _LowRank(torch.autograd.Function):
    """x W' + s (x A') B' with W frozen: [n, in] to [n, out]."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:  # noqa: ANN001
        wide = x @ torch.cat([weight, a]).t()
        out = weight.shape[0]
        inner = wide[:, out:].contiguous()
        ctx.save_for_backward(x, weight, a, b, inner)
        ctx.scale = scale
        return torch.addmm(wide[:, :out], inner, b.t(), alpha=scale)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN001
        x, weight, a, b, inner = ctx.saved_tensors
        inward = (gradient @ b) * ctx.scale
        to_x = torch.addmm(inward @ a, gradient, weight) if ctx.needs_input_grad[0] else None
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
    together = heads // shared
    stacked = (query * scaling).reshape(rows, shared, together * tokens, size)
    scores = (stacked @ key.transpose(2, 3)).view(rows, shared, together, tokens, tokens)
    weights = (scores + _unseen(tokens, scores)).softmax(-1)
    seen = weights.view(rows, shared, together * tokens, tokens) @ value
    return seen.view(rows, heads, tokens, size).transpose(1, 2).contiguous(), None


def _unseen(tokens: int, like: Tensor) -> Tensor:
    lowest = torch.finfo(like.dtype).min
    return torch.full((tokens, tokens), lowest, dtype=like.dtype, device=like.device).triu(1)
