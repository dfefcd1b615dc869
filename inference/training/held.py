"""Figures on the rows that were kept aside from training: macro-F1 of every head, with an interval.

The rows come from the same hands as the training rows, so these figures say how well a head learned what it was
shown, not how well it reads strangers; the suites of `inference.evaluation` say that.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from inference.encoder.heads import ADAPTERS, Answer, HeadSpec
from inference.encoder.network import Network
from inference.encoder.tokens import pad, reading_tokenizer
from inference.training.corpora import Example
from inference.training.prepared import Prepared, padded_shapes, prepare

RESAMPLES = 200
ANY_FROM = 0.5
TOGETHER = 32


@dataclass(frozen=True)
class HeldFigure:
    """A head's macro-F1 over labels that occur, 0-1, with a 95 % bootstrap interval over `rows`."""

    head: str
    figure: str
    rows: int
    value: float
    low: float
    high: float


def measure(network: Network, examples: Sequence[Example], base: Path, *, seed: int) -> list[HeldFigure]:
    """One figure a head that has rows here, in the order of heads."""
    tokenizer = reading_tokenizer(base)
    specs = ADAPTERS[network.adapter]
    prepared = [prepare(tokenizer, example, specs) for example in examples]
    pairs: dict[str, list[tuple[frozenset[int], frozenset[int]]]] = {spec.name: [] for spec in specs}
    for first in range(0, len(prepared), TOGETHER):
        _collect(network, prepared[first : first + TOGETHER], specs, pairs)
    return [_figure(spec, pairs[spec.name], seed) for spec in specs if pairs[spec.name]]


@torch.inference_mode()
def _collect(
    network: Network,
    batch: Sequence[Prepared],
    specs: Sequence[HeadSpec],
    pairs: Mapping[str, list[tuple[frozenset[int], frozenset[int]]]],
) -> None:
    rows = pad([each.piece for each in batch])
    shapes = padded_shapes(batch, rows.ids.shape[1]) if batch[0].shapes is not None else None
    answers = network(rows, shapes)
    for spec in specs:
        for row, each in enumerate(batch):
            target, logits = each.targets[spec.name], answers.logits[spec.name][row]
            if target is None:
                continue
            if spec.answer is Answer.ONE:
                pairs[spec.name].append((frozenset({int(target)}), frozenset({int(logits.argmax())})))  # type: ignore[call-overload]
            elif spec.answer is Answer.ANY:
                said = frozenset(at for at, chance in enumerate(logits.sigmoid()) if chance >= ANY_FROM)
                pairs[spec.name].append((frozenset(at for at, on in enumerate(target) if on), said))  # type: ignore[arg-type]
            else:
                pairs[spec.name] += [
                    (frozenset({tag}) - {0}, frozenset({int(logits[at].argmax())}) - {0})
                    for at, tag in enumerate(target)  # type: ignore[arg-type]
                    if tag >= 0
                ]


def _figure(spec: HeadSpec, pairs: Sequence[tuple[frozenset[int], frozenset[int]]], seed: int) -> HeldFigure:
    chance = random.Random(seed)
    value = macro_f1(pairs)
    drawn = sorted(macro_f1(chance.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    low, high = drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES) - 1]
    return HeldFigure(spec.name, "macro-F1", len(pairs), round(value, 3), round(low, 3), round(high, 3))


def macro_f1(pairs: Sequence[tuple[frozenset[int], frozenset[int]]]) -> float:
    """The mean F1 over labels that are wanted or said at least once."""
    hits: dict[int, int] = {}
    wanted: dict[int, int] = {}
    said: dict[int, int] = {}
    for target, answer in pairs:
        for label in target:
            wanted[label] = wanted.get(label, 0) + 1
        for label in answer:
            said[label] = said.get(label, 0) + 1
        for label in target & answer:
            hits[label] = hits.get(label, 0) + 1
    labels = set(wanted) | set(said)
    if not labels:
        return 1.0
    return sum(2 * hits.get(at, 0) / (wanted.get(at, 0) + said.get(at, 0)) for at in labels) / len(labels)
