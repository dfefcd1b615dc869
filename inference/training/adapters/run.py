"""From a recipe to an adapter's folder: data into the form, the run, its card. What `train adapter` does."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from inference.data.examples import Example
from inference.data.reading import DIALOGUES
from inference.data.unsafe import UNSAFE
from inference.models.adapter import sha256_of
from inference.models.catalogue import TEXT
from inference.training.adapters import memory
from inference.training.adapters.cards import Outcome, write_adapter
from inference.training.adapters.checkpoint import Course
from inference.training.adapters.encoding import Encoded, encode
from inference.training.adapters.free_memory import free_gib
from inference.training.adapters.held import by_persona
from inference.training.adapters.loop import Material, train
from inference.training.adapters.network import Trained, base_of, best_device, prepared, tokens_of
from inference.training.adapters.objective import Objective
from inference.training.adapters.plan import examples_of, plan
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.sources import Sources, sources_of
from inference.training.adapters.telling import telling
from inference.training.adapters.unsafe import EncodedPair, encoded_pair, figures

CHECKPOINTS, EVENTS, BEFORE_FILE = "checkpoints", "events", "before.json"


@dataclass(frozen=True)
class Setting:
    """Where a run reads and writes: `out` gets the adapter, `work` checkpoints and event files."""

    out: Path
    work: Path
    dialogues: Path = DIALOGUES
    unsafe: Path = UNSAFE
    events: bool = True
    stop_after: int | None = None


@dataclass(frozen=True)
class Gathered:
    """`pairs` of replies are kept aside, to see what the safety term does."""

    trained: Trained
    material: Material
    sources: Sources
    pairs: Sequence[EncodedPair]
    base: str


Figures = dict[str, dict[str, float]]
"""Held-out loss, perplexity and tokens by persona and of "all"; under "unsafe" the figures of the pairs kept aside."""


def run(
    recipe: Recipe,
    setting: Setting,
    *,
    say: Callable[[str], None] = print,
    free: Callable[[torch.device], float] = free_gib,
) -> Outcome | None:
    """Train and write; None where the run was cut by `stop_after`. Goes on from the checkpoints in `work`. `free` says
    how many GiB may be taken. Raises ShortMemoryError where they do not suffice, before the start or on the way."""
    with memory.told_when_short():
        return _run(recipe, setting, say, free)


def forget(work: Path) -> None:
    """Remove what a run left in its folder, so that the next one starts again; a search's study stays."""
    for name in (CHECKPOINTS, EVENTS):
        shutil.rmtree(work / name, ignore_errors=True)
    (work / BEFORE_FILE).unlink(missing_ok=True)


def _run(
    recipe: Recipe, setting: Setting, say: Callable[[str], None], free: Callable[[torch.device], float]
) -> Outcome | None:
    gathered = gather(recipe, setting, say=say, free=free)
    trained, material = gathered.trained, gathered.material
    tokens = sum(step.tokens for step in material.steps)
    targets = sum(step.targets for step in material.steps)
    dialogues, steps = len(gathered.sources.kept), len(material.steps)
    say(f"{dialogues} dialogues, {steps} steps, {tokens} tokens, {targets} of them learned")
    setting.work.mkdir(parents=True, exist_ok=True)
    before = measured_once(gathered, setting.work / BEFORE_FILE)
    say(f"held-out loss before: {before['all']['loss']:.4f}")
    events = setting.work / EVENTS if setting.events and _is_first() else None
    with telling(recipe.name, steps=len(material.steps), events=events) as tell:
        course = train(
            trained,
            material,
            recipe,
            checkpoints=setting.work / CHECKPOINTS,
            tell=tell,
            stop_after=setting.stop_after,
        )
    if course.step == setting.stop_after:
        return None
    outcome = _outcome(gathered, course, before)
    if _is_first():
        write_adapter(
            trained.network,
            setting.out,
            recipe=recipe,
            outcome=outcome,
            files=gathered.sources.learned_from,
            base=_base_card(recipe, gathered.base),
        )
    say(f"held-out loss after: {outcome.after['all']['loss']:.4f}")
    return outcome


def gather(
    recipe: Recipe,
    setting: Setting,
    *,
    say: Callable[[str], None] = lambda said: None,
    free: Callable[[torch.device], float] = free_gib,
) -> Gathered:
    """Everything a run needs, before its first step. Raises ShortMemoryError, with nothing loaded, where it would not
    fit into what is free."""
    sources = sources_of(recipe, dialogues=setting.dialogues, unsafe=setting.unsafe)
    base = base_of(recipe)
    tokens = tokens_of(base)

    def encoded(example: Example) -> Encoded:
        return encode(tokens.tokenizer, example, ends=tokens.ends, longest=recipe.data.longest)

    steps = plan(sources.kept, recipe, encoded)
    device = best_device()
    need = memory.needed(memory.shape_of(recipe, base, device), steps, recompute=recipe.optimiser.recompute)
    say(
        f"memory: about {need.total:.1f} GiB, of which activations {need.activations:.1f} and logits {need.logits:.1f}"
    )
    memory.check(need, free(device))
    material = Material(
        steps=steps,
        held=[encoded(each) for each in examples_of(sources.aside, recipe.data)],
        unsafe=[encoded_pair(pair, encoded).unsafe for pair in sources.pairs],
        mark=mark_of(recipe, sources, base),
    )
    pairs = [encoded_pair(pair, encoded) for pair in sources.pairs_aside]
    return Gathered(prepared(recipe, base, tokens=tokens), material, sources, pairs, base)


def held_figures(trained: Trained, held: Sequence[Encoded]) -> Figures:
    """Held-out loss and perplexity by persona, and of all."""
    apart, whole = by_persona(Objective(trained.network), held, trained.device)
    return {
        name: {"loss": read.loss, "perplexity": read.perplexity, "tokens": read.tokens}
        for name, read in [*apart.items(), ("all", whole)]
    }


def measured(gathered: Gathered) -> Figures:
    trained = gathered.trained
    found = held_figures(trained, gathered.material.held)
    unsafe = figures(Objective(trained.network), gathered.pairs, trained.device)
    return found | ({"unsafe": unsafe} if unsafe else {})


def measured_once(gathered: Gathered, file: Path) -> Figures:
    """Before the first step; a resumed run finds what the first one wrote. Of several processes one writes, and no
    other ever meets half a file."""
    mark = gathered.material.mark
    if file.is_file():
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["mark"] == mark:
            return found["figures"]
    found = measured(gathered)
    if _is_first():
        making = file.with_suffix(".making")
        making.write_text(json.dumps({"mark": mark, "figures": found}), encoding="utf-8")
        making.replace(file)
    return found


def _is_first() -> bool:
    """Of the processes that run this together, the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def _outcome(gathered: Gathered, course: Course, before: Figures) -> Outcome:
    after = measured(gathered)
    return Outcome(
        before={name: each for name, each in before.items() if name != "unsafe"},
        after={name: each for name, each in after.items() if name != "unsafe"},
        seconds=round(course.seconds, 1),
        tokens=course.tokens,
        steps=course.step,
        tokens_per_s=round(course.tokens / max(course.seconds, 1e-9), 1),
        dialogues=len(gathered.sources.kept),
        kept_aside=len(gathered.sources.aside),
        curve=tuple(course.held),
        curve_by_persona=tuple(course.held_by_persona),
        unsafe={
            f"{name}_{when}": value
            for when, each in (("before", before), ("after", after))
            for name, value in each.get("unsafe", {}).items()
        },
    )


def mark_of(recipe: Recipe, sources: Sources, base: str) -> str:
    """What a run is made of, as a hash: recipe, the files with rows of its personas, base."""
    parts = [recipe.to_json(), [asdict(file) for file in sources.files], base]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _base_card(recipe: Recipe, base: str) -> dict[str, str]:
    if not recipe.base:
        return {
            "name": TEXT.name.name,
            "revision": TEXT.name.revision,
            "sha256": TEXT.sha256,
            "licence": TEXT.licence,
        }
    weights = sorted(Path(base).glob("*.safetensors")) if Path(base).is_dir() else []
    return {"name": recipe.base, "sha256": sha256_of(weights[0]) if len(weights) == 1 else ""}
