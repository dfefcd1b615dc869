"""An example as the encoder reads it and its targets as numbers, and the loss of a head on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from inference.encoder.heads import SHAPES, Answer, HeadSpec
from inference.encoder.tokens import Piece, exchange, shape_features, windows
from inference.training.corpora import Example

NONE = -100
"""What a token is called that has nothing to be tagged."""


@dataclass(frozen=True)
class Prepared:
    """An example as the encoder reads it, with its targets as numbers."""

    piece: Piece
    shapes: list[list[float]] | None
    targets: Mapping[str, object]


def prepare(tokenizer: Tokenizer, example: Example, specs: Sequence[HeadSpec]) -> Prepared:
    paired = example.adapter == "exchange" or (example.adapter == "message" and example.said)
    piece = exchange(tokenizer, example.said, example.text) if paired else windows(tokenizer, example.text)[0]
    tagged = any(spec.answer is Answer.TAGS for spec in specs)
    shapes = shape_features(example.text, piece) if tagged else None
    return Prepared(piece, shapes, {spec.name: _target(spec, example, piece) for spec in specs})


def _target(spec: HeadSpec, example: Example, piece: Piece) -> object:
    given = example.targets.get(spec.name)
    if given is None:
        return None
    if spec.answer is Answer.ONE and isinstance(given, str):
        return spec.labels.index(given)
    if spec.answer is Answer.ONE:
        return tuple(at for at, label in enumerate(spec.labels) if label in given)
    if spec.answer is Answer.ANY:
        return [float(label in given) for label in spec.labels]
    return [_tag(spec, span, given) for span in piece.spans]


def _tag(spec: HeadSpec, span: tuple[int, int], tagged: object) -> int:
    start, end = span
    if start == end:
        return NONE
    for first, last, label in tagged:  # type: ignore[attr-defined]
        if first <= start < last and label in spec.labels:
            return spec.labels.index(label)
    return 0


def head_loss(
    spec: HeadSpec, logits: Tensor, targets: Sequence[object], weight: Tensor | None, *, smoothing: float
) -> Tensor:
    if spec.answer is Answer.ONE:
        return _one_loss(logits, targets, weight, smoothing=smoothing)
    if spec.answer is Answer.ANY:
        return nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor(targets)) * 4
    wanted = torch.full(logits.shape[:2], NONE)
    for row, tags in enumerate(targets):
        wanted[row, : len(tags)] = torch.tensor(tags)  # type: ignore[arg-type]
    return nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=NONE)


def _one_loss(
    logits: Tensor, targets: Sequence[object], weight: Tensor | None, *, smoothing: float
) -> Tensor:
    """Mean over rows. A target of several labels asks only that the answer be one of them."""
    exact = [at for at, target in enumerate(targets) if isinstance(target, int)]
    total = logits.new_zeros(())
    if exact:
        wanted = torch.tensor([targets[at] for at in exact])
        total = total + len(exact) * nn.functional.cross_entropy(
            logits[exact], wanted, weight=weight, label_smoothing=smoothing
        )
    for at in set(range(len(targets))) - set(exact):
        allowed = list(targets[at])  # type: ignore[call-overload]
        total = total + logits[at].logsumexp(0) - logits[at, allowed].logsumexp(0)
    return total / len(targets)


def padded_shapes(batch: Sequence[Prepared], longest: int) -> Tensor:
    shapes = torch.zeros((len(batch), longest, SHAPES))
    for row, each in enumerate(batch):
        if each.shapes:
            shapes[row, : len(each.shapes)] = torch.tensor(each.shapes)
    return shapes
