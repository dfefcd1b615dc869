"""A Llama-like model's matrices as our own step wants them: fused, its norms folded in, turned for whole numbers.

Knows transformers' names for the parts of such models, and nothing of prompts, rows or caches. What it does not
recognise it refuses, and transformers' own forward speaks instead.

Three changes that leave every result as it was:
- The rotary code of transformers turns element i with i + half; ours turns neighbours, as complex numbers do, so that
  the outputs of q and k are put in that order.
- What a norm multiplies is multiplied into the matrix behind it.
- For whole numbers, and for four bits, the stream between layers is turned by one fixed random rotation, in the
  matrices that write to it and those that read from it (QuaRot, Ashkboos et al. 2024, arXiv 2404.00456): a few of its
  places are a hundred times larger than the rest and would take all eight bits. Measured with the bundled model on 1400
  tokens of our written data, divergence from float32 (nats a token): bfloat16 .001; whole numbers .036, rotated .014,
  and with `down` fine as well .007 (bfloat16 agrees with float32 on 97 of 100 likeliest tokens, this on 95). Four bits,
  on 480 tokens, .43, and .47 not turned: too coarse for a model of 135 million; on a large one they were not measured.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from inference.engine.linear import Exact, Four, Kernel, Linear, Whole

FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
ROPES = frozenset({"default", "linear", "llama3"})
"""Rotary codes whose frequencies do not depend on the length."""

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Rotation:
    """An orthogonal matrix, the Kronecker product of two small ones: a tenth of the work of a whole one, and it mixes
    as well."""

    left: torch.Tensor
    right: torch.Tensor

    @classmethod
    def of(cls, size: int) -> "Rotation":
        """The same for every load, so that the same seed keeps giving the same words."""
        chance = torch.Generator().manual_seed(0)
        part = next(each for each in range(int(size**0.5), 0, -1) if size % each == 0)

        def drawn(rows: int) -> torch.Tensor:
            plain = torch.randn(rows, rows, generator=chance, dtype=torch.float64)
            return torch.linalg.qr(plain)[0].float()

        return cls(drawn(part), drawn(size // part))

    def turned(self, rows: torch.Tensor) -> torch.Tensor:
        """`[…, size]`, float32, times the matrix."""
        left, right = self.left.to(rows.device), self.right.to(rows.device)
        apart = rows.unflatten(-1, (len(left), len(right))) @ right
        return (left.t() @ apart).flatten(-2)


@dataclass(frozen=True)
class Shape:
    layers: int
    heads: int
    shared_heads: int
    """Of keys and values; each serves `heads / shared_heads` of the queries'."""
    head: int
    """Numbers in one head."""
    eps: float

    @property
    def queries(self) -> int:
        return self.heads // self.shared_heads

    def position_bytes(self, dtype: torch.dtype) -> int:
        """Of the keys and values of one token, in all layers."""
        return 2 * self.layers * self.shared_heads * self.head * dtype.itemsize


@dataclass(frozen=True)
class Layer:
    """`query_norm` and `key_norm` are the factors of Qwen3's norms, `[head]`; `before_looking` and `before_thinking`
    those of the norms that were folded into `qkv` and `gate_up`."""

    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear
    before_looking: torch.Tensor
    before_thinking: torch.Tensor
    query_norm: torch.Tensor | None = None
    key_norm: torch.Tensor | None = None


@dataclass(frozen=True)
class Weights:
    """`turns` are the rotary code's angles for one position, `[head / 2]`, and `turn_scale` what it multiplies by.
    `middle` is the width between `gate_up` and `down`. `rotation` is the stream's, None where that is as transformers
    has it."""

    shape: Shape
    middle: int
    embedding: torch.Tensor
    layers: tuple[Layer, ...]
    head: Linear
    turns: torch.Tensor
    turn_scale: float
    rotation: Rotation | None
    kernel: Kernel = Kernel.EXACT

    @property
    def inputs(self) -> torch.dtype:
        """What the matrices take."""
        return torch.float32 if self.rotation is not None else self.embedding.dtype

    @property
    def bytes(self) -> int:
        """Read in a step of one token."""
        return sum(part.bytes for part in self._parts)

    @property
    def products(self) -> int:
        """Multiplications by weights, each with an addition, for one token."""
        return sum(part.products for part in self._parts)

    @property
    def _parts(self) -> list[Linear]:
        return [
            self.head,
            *(part for layer in self.layers for part in (layer.qkv, layer.out, layer.gate_up, layer.down)),
        ]


def is_known(network: PreTrainedModel) -> bool:
    config = network.config
    if config.model_type not in FAMILIES or config.hidden_act != "silu":
        return False
    plain = all(
        type(part) is torch.nn.Linear for name, part in network.named_modules() if name.endswith("_proj")
    )
    return plain and network.model.rotary_emb.rope_type in ROPES


def take_weights(network: PreTrainedModel, *, kernel: Kernel, device: str | None = None) -> Weights:
    """The weights of a network for which `is_known`, on `device` or where the network is; they are copies, so that it
    may be let go. What a card need not hold whole, it never does: a network on the processor is taken in pieces."""
    config, rotary = network.config, network.model.rotary_emb
    shape = Shape(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        shared_heads=config.num_key_value_heads,
        head=getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        eps=config.rms_norm_eps,
    )
    rotation = None if kernel is Kernel.EXACT else Rotation.of(config.hidden_size)
    fold = _Fold(kernel, network.dtype, rotation, torch.device(device) if device else network.device)
    return Weights(
        shape=shape,
        middle=config.intermediate_size,
        embedding=fold.embedding(network.model.embed_tokens.weight),
        layers=tuple(_layer(layer, shape, fold) for layer in network.model.layers),
        head=fold.reader([network.lm_head], network.model.norm.weight, whole=True),
        turns=rotary.inv_freq.float().to(fold.device),
        turn_scale=float(rotary.attention_scaling),
        rotation=rotation,
        kernel=kernel,
    )


def neighbours(head: int) -> torch.Tensor:
    """The order that puts elements i and i + half side by side, `[head]`."""
    return torch.arange(head).view(2, head // 2).t().reshape(-1)


def in_pairs(rows: torch.Tensor, head: int) -> torch.Tensor:
    """The rows `[heads * head, …]` of a matrix, or numbers of a bias, that make q or k, in our rotary order."""
    order = neighbours(head).to(rows.device)
    return rows.unflatten(0, (-1, head))[:, order].flatten(0, 1)


@dataclass(frozen=True)
class _Fold:
    kernel: Kernel
    dtype: torch.dtype
    rotation: Rotation | None
    device: torch.device

    def reader(
        self,
        parts: list[torch.nn.Linear],
        norm: torch.Tensor,
        *,
        paired: int = 0,
        head: int = 0,
        whole: bool = False,
    ) -> Linear:
        """Matrices that read the stream behind a norm, as one; the first `paired` in rotary order. `whole`, for the
        head, which few tokens reach, has them in no fewer than eight bits."""
        rows = [in_pairs(part.weight, head) if n < paired else part.weight for n, part in enumerate(parts)]
        biases = [part.bias for part in parts]
        bias = None
        if biases[0] is not None:
            bias = torch.cat([in_pairs(b, head) if n < paired else b for n, b in enumerate(biases)])
        scale = norm.to(self.device).float()
        pieces = (self._turned(self._here(piece) * scale) for piece in _pieces(rows))
        return self._made(pieces, bias, whole=whole)

    def writer(self, part: torch.nn.Linear, *, fine: bool = False) -> Linear:
        """A matrix that writes to the stream."""
        weight = self._turned(self._here(part.weight).t()).t()
        bias = None if part.bias is None else self._turned(self._here(part.bias))
        return self._made([weight], bias, fine=fine)

    def embedding(self, rows: torch.Tensor) -> torch.Tensor:
        if self.rotation is None:
            return rows.to(self.device)
        return torch.cat([self._turned(self._here(piece)).to(self.dtype) for piece in _pieces([rows])])

    def _here(self, part: torch.Tensor) -> torch.Tensor:
        return part.to(self.device).float()

    def _turned(self, rows: torch.Tensor) -> torch.Tensor:
        return rows if self.rotation is None else self.rotation.turned(rows)

    def _made(
        self,
        parts: Iterable[torch.Tensor],
        bias: torch.Tensor | None,
        *,
        fine: bool = False,
        whole: bool = False,
    ) -> Linear:
        bias = None if bias is None else bias.to(self.device)
        if self.kernel is Kernel.FOUR and not whole:
            return Four(parts, bias)
        if self.kernel is not Kernel.EXACT:
            return Whole(parts, bias, fine=fine, few=whole)
        weight = torch.cat([part.to(self.dtype) for part in parts])
        return Exact(weight, None if bias is None else bias.to(self.dtype))


def _pieces(matrices: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """A few rows at a time, so that a large vocabulary is never there in float32."""
    for matrix in matrices:
        yield from matrix.split(ROWS_AT_ONCE)


def _layer(layer: torch.nn.Module, shape: Shape, fold: _Fold) -> Layer:
    attention, mlp = layer.self_attn, layer.mlp
    order = neighbours(shape.head)
    norms = [getattr(attention, name, None) for name in ("q_norm", "k_norm")]
    query_norm, key_norm = (
        None if norm is None else norm.weight[order].float().to(fold.device) for norm in norms
    )
    return Layer(
        qkv=fold.reader(
            [attention.q_proj, attention.k_proj, attention.v_proj],
            layer.input_layernorm.weight,
            paired=2,
            head=shape.head,
        ),
        out=fold.writer(attention.o_proj),
        gate_up=fold.reader([mlp.gate_proj, mlp.up_proj], layer.post_attention_layernorm.weight),
        down=fold.writer(mlp.down_proj, fine=True),
        before_looking=layer.input_layernorm.weight.float().to(fold.device),
        before_thinking=layer.post_attention_layernorm.weight.float().to(fold.device),
        query_norm=query_norm,
        key_norm=key_norm,
    )
