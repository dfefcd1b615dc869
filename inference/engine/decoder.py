"""One step of a Llama-like model: a token of every row that speaks and parts of prompts, through all layers at once.

The tokens of rows and of prompts share every matrix; only looking back is theirs alone. Knows weights and positions,
nothing of what the tokens mean, who asked or when they end.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch.nn import functional

from inference.engine.linear import Linear
from inference.engine.weights import Layer, Weights

LONGEST = 4096 + 64
"""Positions whose angles are kept."""


class Part(Protocol):
    """Tokens [first, end) of a step, which look back together."""

    @property
    def first(self) -> int: ...

    @property
    def end(self) -> int: ...

    def look(
        self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> torch.Tensor: ...


class LayerChanges(Protocol):
    def add(self, name: str, tokens: torch.Tensor, given: torch.Tensor) -> torch.Tensor: ...


class Changes(Protocol):
    """What adapters add to each layer."""

    def of_layer(self, number: int) -> LayerChanges: ...


class Decoder:
    def __init__(self, weights: Weights, *, dtype: torch.dtype, longest: int = LONGEST) -> None:
        self._weights, self._dtype = weights, dtype
        angles = torch.outer(torch.arange(longest, device=weights.turns.device).float(), weights.turns)
        self._turns = torch.polar(torch.full_like(angles, weights.turn_scale), angles)
        self._scale = weights.shape.head**-0.5

    def run(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        parts: Sequence[Part],
        wanted: torch.Tensor,
        deltas: Changes | None = None,
    ) -> torch.Tensor:
        """Logits `[wanted, vocabulary]` in float32 behind the tokens numbered `wanted`. `parts` cover the tokens in
        order and without gaps; their keys and values are written."""
        weights = self._weights
        stream = weights.embedding[ids].float()
        turns = self._turns[positions][:, None]
        for number, layer in enumerate(weights.layers):
            own = deltas.of_layer(number) if deltas is not None else None
            qkv = _linear(layer.qkv, self._normed(stream), own, "qkv")
            seen = self._look_back(number, layer, qkv, turns, parts)
            stream += _linear(layer.out, seen, own, "out")
            gate, up = _linear(layer.gate_up, self._normed(stream), own, "gate_up").chunk(2, dim=1)
            stream += _linear(layer.down, functional.silu(gate).mul_(up), own, "down")
        return weights.head(self._normed(stream[wanted])).float()

    def _normed(self, stream: torch.Tensor) -> torch.Tensor:
        normed = functional.rms_norm(stream, (stream.shape[1],), eps=self._weights.shape.eps)
        return normed.to(self._weights.inputs)

    def _look_back(
        self,
        number: int,
        layer: Layer,
        qkv: torch.Tensor,
        turns: torch.Tensor,
        parts: Sequence[Part],
    ) -> torch.Tensor:
        shape = self._weights.shape
        tokens = qkv.unflatten(1, (-1, shape.head))
        paired, value = tokens.split((shape.heads + shape.shared_heads, shape.shared_heads), dim=1)
        paired = paired.float()
        if layer.query_norm is not None:
            paired = _head_norms(paired, layer, shape.heads, shape.eps)
        turned = torch.view_as_real(torch.view_as_complex(paired.unflatten(2, (-1, 2))) * turns)
        query, key = turned.flatten(2).split((shape.heads, shape.shared_heads), dim=1)
        query = (query * self._scale).unflatten(1, (shape.shared_heads, -1)).to(self._dtype)
        key, value = key.to(self._dtype), value.to(self._dtype)
        seen = [
            part.look(
                number, query[part.first : part.end], key[part.first : part.end], value[part.first : part.end]
            )
            for part in parts
        ]
        return torch.cat(seen).flatten(1).to(self._weights.inputs)


def _linear(part: Linear, tokens: torch.Tensor, own: LayerChanges | None, name: str) -> torch.Tensor:
    given = part(tokens)
    return given if own is None else own.add(name, tokens, given)


def _head_norms(paired: torch.Tensor, layer: Layer, heads: int, eps: float) -> torch.Tensor:
    normed = functional.rms_norm(paired, (paired.shape[2],), eps=eps)
    return torch.cat((normed[:, :heads] * layer.query_norm, normed[:, heads:] * layer.key_norm), dim=1)
