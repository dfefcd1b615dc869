"""Low-rank adapters beside a model's own weights, each for the tokens of its own rows.

Rows of different adapters, and of none, share a step: the model's matrices run once for all of them, and each adapter
adds its two thin products to its tokens. An adapter is folded as the weights are (see `weights`): behind a norm, in
rotary order, turned with the stream. Knows no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from inference.engine.weights import Weights, in_pairs
from inference.errors import ModelError

PARTS = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "out": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
"""What our fused matrices are called in a model's file."""
_READERS = ("qkv", "gate_up")


@dataclass(frozen=True)
class Pair:
    """`first` `[rank, inputs]` in float32 or the model's type, `second` `[outputs, rank]`, scaled."""

    first: torch.Tensor
    second: torch.Tensor


@dataclass(frozen=True)
class LowRank:
    """`layers[n]` has a Pair for each fused matrix that the adapter changes. `checksum` is its files' SHA-256, `card`
    the version that its card gives it; empty where nobody looked at a card."""

    name: str
    checksum: str
    layers: tuple[Mapping[str, Pair], ...]
    card: str = ""


@dataclass(frozen=True)
class OfLayer:
    """One layer's share: for each adapter the numbers of its tokens, None for all."""

    shares: Sequence[tuple[torch.Tensor | None, Mapping[str, Pair]]]

    def add(self, name: str, tokens: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        """`given` with every adapter's change to the matrix `name` added in place."""
        for numbers, pairs in self.shares:
            pair = pairs.get(name)
            if pair is None:
                continue
            own = tokens if numbers is None else tokens[numbers]
            change = (own @ pair.first.t()) @ pair.second.t()
            if numbers is None:
                given.add_(change)
            else:
                given.index_add_(0, numbers, change)
        return given


@dataclass(frozen=True)
class Deltas:
    shares: Sequence[tuple[torch.Tensor | None, LowRank]]

    def of_layer(self, number: int) -> OfLayer:
        return OfLayer([(numbers, adapter.layers[number]) for numbers, adapter in self.shares])


def deltas_for(adapters: Sequence[LowRank | None], device: torch.device) -> Deltas | None:
    """From each token's adapter; None where no token has one."""
    used = {id(adapter): adapter for adapter in adapters if adapter is not None}
    if not used:
        return None
    if len(used) == 1 and None not in adapters:
        return Deltas([(None, next(iter(used.values())))])
    shares = []
    for adapter in used.values():
        numbers = [number for number, each in enumerate(adapters) if each is adapter]
        shares.append((torch.tensor(numbers, device=device), adapter))
    return Deltas(shares)


def fold(
    name: str,
    checksum: str,
    pairs: Mapping[tuple[int, str], tuple[torch.Tensor, torch.Tensor]],
    weights: Weights,
) -> LowRank:
    """An adapter from plain pairs, by layer and part ("self_attn.q_proj"), `second` scaled already; a ModelError
    where they do not fit the weights."""
    known = {part for parts in PARTS.values() for part in parts}
    unknown = {part for _, part in pairs} - known
    if unknown or any(number >= len(weights.layers) for number, _ in pairs):
        raise ModelError(f"the adapter {name} changes parts that this worker does not know")
    layers = []
    for number in range(len(weights.layers)):
        fused = {}
        for place, parts in PARTS.items():
            if any((number, part) in pairs for part in parts):
                fused[place] = _fused(
                    name, place, [pairs.get((number, part)) for part in parts], number, weights
                )
        layers.append(fused)
    return LowRank(name, checksum, tuple(layers))


def _fused(
    name: str,
    place: str,
    own: Sequence[tuple[torch.Tensor, torch.Tensor] | None],
    number: int,
    weights: Weights,
) -> Pair:
    shape, layer = weights.shape, weights.layers[number]
    sizes = {
        "qkv": [heads * shape.head for heads in (shape.heads, shape.shared_heads, shape.shared_heads)],
        "gate_up": [weights.middle, weights.middle],
    }.get(place, [weights.embedding.shape[1]])
    inputs = {"down": weights.middle, "out": shape.heads * shape.head}.get(place, weights.embedding.shape[1])
    norm = {"qkv": layer.before_looking, "gate_up": layer.before_thinking}.get(place)
    firsts, seconds = [], []
    for part, (size, pair) in enumerate(zip(sizes, own, strict=True)):
        if pair is None:
            continue
        first, second = (each.to(weights.embedding.device).float() for each in pair)
        if first.shape[1] != inputs or second.shape != (size, first.shape[0]):
            raise ModelError(f"the adapter {name} does not fit the model: {place} of layer {number}")
        firsts.append(first)
        if place == "qkv" and part < 2:
            second = in_pairs(second, shape.head)
        above = sum(sizes[:part])
        seconds.append(torch.nn.functional.pad(second, (0, 0, above, sum(sizes) - above - size)))
    first, second = torch.cat(firsts), torch.cat(seconds, dim=1)
    if norm is not None:
        first = first * norm
    if weights.rotation is not None:
        first = weights.rotation.turned(first) if place in _READERS else first
        second = second if place in _READERS else weights.rotation.turned(second.t()).t()
    return Pair(first.to(weights.inputs).contiguous(), second.to(weights.inputs).contiguous())
