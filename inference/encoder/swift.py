"""MiniLM without padding: the tokens of all rows laid end to end, so that a greeting beside a letter costs a greeting.

Takes the layers out of a loaded BERT and computes the same in bfloat16 with query, key and value in one product. Only
attention goes row by row; nothing else looks further than one token. Reads, never learns.

Measured on two cores with avx512_bf16, 200 written messages: 25 ms a message in transformers' padded batches of 16,
10.5 ms so; one message at a time 28 ms, 17 ms with the weights laid out for the products as well. Whole numbers of
eight bits, which `inference.engine.linear` uses, were no quicker for the 50 to 280 tokens of a message.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.encoder.tokens import STEP, Piece
from inference.sizes import in_steps

_TYPE = torch.bfloat16
_USUAL = 48
"""Tokens of an ordinary row, for which the weights are laid out."""
_STEPS = ((8 * STEP, STEP), (32 * STEP, 4 * STEP), (math.inf, 16 * STEP))


class _Product:
    """Weights (outputs, inputs) and bias, laid out once as oneDNN wants them where it can take this type: laying them
    out anew in every call costs a message of thirty tokens a third of its time. `bent`: followed by GELU."""

    def __init__(self, weight: Tensor, bias: Tensor, *, bent: bool = False) -> None:
        self._bias, self._bent = bias.detach().to(_TYPE), bent
        self._packed = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
        plain = weight.detach().to(_TYPE)
        self._weight = torch.ops.mkldnn._reorder_linear_weight(plain, _USUAL) if self._packed else plain

    def __call__(self, tokens: Tensor) -> Tensor:
        if self._packed:
            after, how = ("gelu", "none") if self._bent else ("none", "")
            return torch.ops.mkldnn._linear_pointwise(tokens, self._weight, self._bias, after, [], how)
        product = functional.linear(tokens, self._weight, self._bias)
        return functional.gelu(product) if self._bent else product


@dataclass(frozen=True)
class _Norm:
    weight: Tensor
    bias: Tensor
    eps: float

    def __call__(self, tokens: Tensor) -> Tensor:
        return functional.layer_norm(tokens, self.weight.shape, self.weight, self.bias, self.eps)


@dataclass(frozen=True)
class _Layer:
    asked: _Product
    out: _Product
    out_norm: _Norm
    wide: _Product
    narrow: _Product
    narrow_norm: _Norm


class SwiftEncoder:
    """`states` of many rows at once; the layers of one BERT, whose own modules may be dropped afterwards."""

    def __init__(self, encoder: nn.Module, *, beside: "SwiftEncoder | None" = None) -> None:
        """`encoder`: a transformers BertModel with whatever was learned folded in. Words that stand for the same in
        `beside` are kept once for both: they are half of the weights."""
        embeddings = encoder.embeddings
        self._words = embeddings.word_embeddings.weight.detach().to(_TYPE)
        if beside is not None and torch.equal(beside._words, self._words):
            self._words = beside._words
        self._places = embeddings.position_embeddings.weight.detach().to(_TYPE)
        self._kinds = embeddings.token_type_embeddings.weight.detach().to(_TYPE)
        self._norm = _norm(embeddings.LayerNorm)
        self._heads = int(encoder.config.num_attention_heads)
        self._layers = [_layer(each) for each in encoder.encoder.layer]

    def states(self, pieces: Sequence[Piece]) -> list[Tensor]:
        """For every row its tokens' states (tokens, hidden), float32."""
        sizes = [len(piece.ids) for piece in pieces]
        total = sum(sizes)
        states = functional.pad(self._embedded(pieces), (0, 0, 0, in_steps(total, _STEPS) - total))
        for layer in self._layers:
            attended = self._attended(layer.asked(states), sizes)
            states = layer.out_norm(layer.out(attended) + states)
            states = layer.narrow_norm(layer.narrow(layer.wide(states)) + states)
        return list(states[:total].float().split(sizes))

    def _embedded(self, pieces: Sequence[Piece]) -> Tensor:
        ids = torch.tensor([token for piece in pieces for token in piece.ids])
        kinds = torch.tensor([kind for piece in pieces for kind in piece.kinds])
        places = torch.cat([torch.arange(len(piece.ids)) for piece in pieces])
        return self._norm(self._words[ids] + self._kinds[kinds] + self._places[places])

    def _attended(self, asked: Tensor, sizes: Sequence[int]) -> Tensor:
        """`asked` (tokens, 3 * hidden): query, key and value of every token. Gives (tokens, hidden)."""
        hidden = asked.shape[1] // 3
        attended = asked.new_zeros((len(asked), hidden))
        begin = 0
        for size in sizes:
            row = asked[begin : begin + size].view(size, 3, self._heads, -1).permute(1, 2, 0, 3)
            found = functional.scaled_dot_product_attention(*row.unsqueeze(1))
            attended[begin : begin + size] = found[0].transpose(0, 1).reshape(size, hidden)
            begin += size
        return attended


def _layer(layer: nn.Module) -> _Layer:
    own = layer.attention.self
    parts = [own.query, own.key, own.value]
    out = layer.attention.output.dense
    return _Layer(
        asked=_Product(torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])),
        out=_Product(out.weight, out.bias),
        out_norm=_norm(layer.attention.output.LayerNorm),
        wide=_Product(layer.intermediate.dense.weight, layer.intermediate.dense.bias, bent=True),
        narrow=_Product(layer.output.dense.weight, layer.output.dense.bias),
        narrow_norm=_norm(layer.output.LayerNorm),
    )


def _norm(norm: nn.Module) -> _Norm:
    return _Norm(norm.weight.detach().to(_TYPE), norm.bias.detach().to(_TYPE), float(norm.eps))
