"""Trains an adapter of the encoder with every head that shares it. Seeded: the same files give the same weights on one
machine with the same number of threads.

The loss of a batch is the mean over heads of what each example has a label for; an example without a label for a head
teaches it nothing. Small corpora are repeated so that a few thousand own rows are not drowned by a public collection.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from inference.encoder.heads import ADAPTERS, Answer, HeadSpec
from inference.encoder.network import Network
from inference.encoder.tokens import (
    CLS,
    MASK,
    SEP,
    Rows,
    pad,
    reading_tokenizer,
)
from inference.training.corpora import LIGHT, CorpusError, Example
from inference.training.prepared import Prepared, head_loss, padded_shapes, prepare
from inference.training.refine import refine

BATCH = 32
RATE = 5e-4
HEAD_RATE = 1e-3
DECAY = 0.01
WARM_SHARE = 0.06
HIDDEN_SHARE = 0.1
RARE = 0.5
_EVEN = {"empathy.emotional_reactions": 0.0, "empathy.interpretations": 0.0, "empathy.explorations": 0.25}
HEAD_WEIGHTS: Mapping[str, float] = {
    "crisis.timeline": 0.3,
    "protective": 0.3,
    "bias.kinds": 0.5,
    "codes": 1.0,
}


@dataclass(frozen=True)
class Recipe:
    """How one adapter is trained. `passes` by the beginning of a source's name: how often its rows are seen in all
    (less than one: a share of them, drawn by the seed)."""

    passes: Mapping[str, float]
    default_passes: float = 4.0
    seed: int = 20_261_121
    rate: float = RATE
    smoothing: float = 0.05


RECIPES: Mapping[str, Recipe] = {
    "message": Recipe(
        passes={
            "crisis/": 4.0,
            "harm/": 4.0,
            "bias": 1.2,
            "toxicity": 0.2,
            "emotion": 0.12,
            "light": 2.0,
            "plain": 0.5,
            "calm": 0.3,
            "post": 2.0,
            "in company": 0.6,
        },
        default_passes=2.0,
    ),
    "exchange": Recipe(passes={"talk/": 3.5, "empathy/": 2.5, "technique/": 3.0}),
    "tags": Recipe(passes={"pii/": 8.0}, default_passes=8.0),
}


def train(
    base: Path,
    adapter: str,
    examples: Sequence[Example],
    *,
    recipe: Recipe,
    tell: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Network:
    """A trained network. `tell` hears of every step: its number, how many there are, and the running loss. Raises
    CorpusError without examples."""
    if not examples:
        raise CorpusError(f"{adapter}: there is nothing to learn from")
    torch.manual_seed(recipe.seed)
    chance = random.Random(recipe.seed)
    tokenizer = reading_tokenizer(base)
    network = Network(base, adapter, trained=True)
    specs = ADAPTERS[adapter]
    prepared = {id(example): prepare(tokenizer, example, specs) for example in examples}
    seen = [prepared[id(example)] for example in drawn(examples, recipe, chance)]
    weights = {
        spec.name: _class_weights(spec, list(prepared.values()))
        for spec in specs
        if spec.answer is Answer.ONE
    }
    batches = _batches(seen, chance)
    low = [parameter for parameter in network.encoder.parameters() if parameter.requires_grad]
    groups = [
        {"params": low, "lr": recipe.rate},
        {"params": list(network.heads.parameters()), "lr": HEAD_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    network.train()
    running = 0.0
    for step, batch in enumerate(batches):
        share = _schedule(step, len(batches))
        for group, rate in zip(optimiser.param_groups, (recipe.rate, HEAD_RATE), strict=True):
            group["lr"] = rate * share
        loss = _loss(network, batch, specs, weights, smoothing=recipe.smoothing)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        tell(step + 1, len(batches), running)
    once = [
        each for example, each in zip(examples, prepared.values(), strict=True) if example.drawn_as != LIGHT
    ]
    refine(network, once, specs, seed=recipe.seed)
    return network.eval()


def drawn(examples: Sequence[Example], recipe: Recipe, chance: random.Random) -> list[Example]:
    """Every example as often as its source's passes say; a fraction is drawn."""
    result: list[Example] = []
    for example in examples:
        passes = next(
            (
                times
                for start, times in recipe.passes.items()
                if (example.drawn_as or example.source).startswith(start)
            ),
            recipe.default_passes,
        )
        whole = int(passes)
        result += [example] * (whole + (chance.random() < passes - whole))
    chance.shuffle(result)
    return result


def _class_weights(spec: HeadSpec, prepared: Sequence[Prepared]) -> Tensor:
    """The inverse root of each label's share, so that rare labels are learned without being preferred; of the levels
    of empathy none, as the root had replies without warmth read as warm."""
    counts = torch.ones(len(spec.labels))
    for each in prepared:
        if isinstance(target := each.targets[spec.name], int):
            counts[target] += 1
    weights = (counts.sum() / counts).pow(_EVEN.get(spec.name, RARE))
    return weights / (weights * counts).sum() * counts.sum()


def _batches(seen: Sequence[Prepared], chance: random.Random) -> list[list[Prepared]]:
    """Of nearly the same length each, in chance's order."""
    by_length = sorted(seen, key=lambda each: len(each.piece.ids) + chance.random() * 8)
    batches = [list(by_length[at : at + BATCH]) for at in range(0, len(by_length), BATCH)]
    chance.shuffle(batches)
    return batches


def _schedule(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / max(1.0, WARM_SHARE * steps)) * (1 - step / steps)


def _loss(
    network: Network,
    batch: Sequence[Prepared],
    specs: Sequence[HeadSpec],
    weights: Mapping[str, Tensor],
    *,
    smoothing: float,
) -> Tensor:
    rows = hidden(pad([each.piece for each in batch]))
    shapes = padded_shapes(batch, rows.ids.shape[1]) if batch[0].shapes is not None else None
    with torch.autocast("cpu", torch.bfloat16):
        states = network.encoder(
            input_ids=rows.ids, attention_mask=rows.mask, token_type_ids=rows.kinds
        ).last_hidden_state
    answers = network.answer(states.float(), rows.mask, shapes)
    parts = []
    for spec in specs:
        present = [at for at, each in enumerate(batch) if each.targets[spec.name] is not None]
        if not present:
            continue
        logits = answers.logits[spec.name][present]
        targets = [batch[at].targets[spec.name] for at in present]
        weight = HEAD_WEIGHTS.get(spec.name, 1.0) * len(present) / len(batch)
        parts.append(weight * head_loss(spec, logits, targets, weights.get(spec.name), smoothing=smoothing))
    return torch.stack(parts).sum()


def hidden(rows: Rows) -> Rows:
    """A tenth of the words masked, so that no head learns rows by heart; cheaper than dropout in every layer."""
    special = (rows.ids == CLS) | (rows.ids == SEP)
    masked = (torch.rand(rows.ids.shape) < HIDDEN_SHARE) & (rows.mask == 1) & ~special
    return Rows(rows.ids.masked_fill(masked, MASK), rows.kinds, rows.mask)
