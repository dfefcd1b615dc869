"""A recipe: everything that decides a training run, read from a TOML file into frozen data.

Knows which settings there are and what they mean; doing is elsewhere. Torch-free.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from inference.persona import Persona
from inference.training.adapters.errors import RecipeError

FORMAT = 1
RECIPES = Path(__file__).parent.parent / "recipes"
SCHEDULES = ("cosine", "linear")
EDGES = ("any", "none", "only")
MOST_PHASES = 8
Section = TypeVar("Section")


@dataclass(frozen=True)
class Data:
    """`forget`: share of dialogues whose first replies stand without tags and unlearned. `longest`: tokens of a
    sequence. `whole_dialogues` false makes every reply a sequence of its own. `mix`: share of the learned words by
    persona, empty for every example as it comes."""

    personas: tuple[str, ...]
    mix: Mapping[str, float] = field(default_factory=dict)
    whole_dialogues: bool = True
    forget: float = 0.25
    longest: int = 1024


@dataclass(frozen=True)
class Phase:
    """One part of the curriculum: `passes` over the examples of at most `longest_words` learned words (0: any), with or
    without hard ones."""

    name: str
    passes: float = 1.0
    longest_words: int = 0
    edge: str = "any"


@dataclass(frozen=True)
class Lora:
    """`quantised` holds the base in 4 bits (QLoRA), on CUDA only. Dropout costs a fifth of the speed on a CPU."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    quantised: bool = False


@dataclass(frozen=True)
class Optimiser:
    """`batch_tokens`: padded tokens run at once; `accumulate` such batches make a step. `warm_share` of the steps warm
    up. `recompute`: activations are computed again on the way back, for less memory and a third more time."""

    rate: float = 5e-4
    schedule: str = "cosine"
    warm_share: float = 0.05
    floor: float = 0.05
    decay: float = 0.0
    clip: float = 1.0
    batch_tokens: int = 2048
    accumulate: int = 1
    recompute: bool = False


@dataclass(frozen=True)
class Watch:
    """In steps. Every `evaluate_every` the held-out loss is read on about `evaluate_tokens` tokens; training ends when
    it has not fallen for `patience` readings in a row (0: never). `keep` checkpoints stay."""

    evaluate_every: int = 50
    evaluate_tokens: int = 8000
    patience: int = 4
    checkpoint_every: int = 50
    keep: int = 2


@dataclass(frozen=True)
class Safety:
    """The safety term: `weight` times the unlikelihood of unsafe replies, `pairs` of them a step; 0 turns it off."""

    weight: float = 0.0
    pairs: int = 2


@dataclass(frozen=True)
class Recipe:
    """`name` is the adapter's. `base` is a folder, a `.gguf` file or an id, or empty for the bundled model."""

    name: str
    data: Data
    phases: tuple[Phase, ...]
    seed: int = 1
    base: str = ""
    lora: Lora = Lora()
    optimiser: Optimiser = Optimiser()
    watch: Watch = Watch()
    safety: Safety = Safety()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def recipe_file(name: str) -> Path:
    """The file of a shipped recipe, or the file named."""
    return Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file. Raises RecipeError with the setting that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecipeError(f"{path}: {error}") from None
    try:
        return recipe_of(document)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None


def recipe_of(document: Mapping[str, Any]) -> Recipe:
    given = dict(document)
    if given.pop("format", None) != FORMAT:
        raise RecipeError(f"format must be {FORMAT}")
    data = _section(Data, given.pop("data", {}), "data")
    phases = given.pop("phases", [{"name": "all"}])
    if not isinstance(phases, list) or not 1 <= len(phases) <= MOST_PHASES:
        raise RecipeError(f"phases are 1 to {MOST_PHASES} tables")
    sections = {"lora": Lora, "optimiser": Optimiser, "watch": Watch, "safety": Safety}
    parts = {key: _section(kind, given.pop(key, {}), key) for key, kind in sections.items()}
    recipe = _section(
        Recipe,
        given | parts | {"data": data, "phases": tuple(_section(Phase, each, "phases") for each in phases)},
        "the recipe",
    )
    if wrong := _wrong(recipe):
        raise RecipeError(wrong)
    return recipe


def recipe_from_card(written: Mapping[str, Any]) -> Recipe:
    """The recipe that `Recipe.to_json` wrote into a card. Raises RecipeError for one not in the form."""
    return recipe_of({"format": FORMAT} | dict(written))


def _section(kind: type[Section], values: object, where: str) -> Section:
    if not isinstance(values, Mapping):
        raise RecipeError(f"{where} must be a table")
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    if strange := sorted(values.keys() - known.keys()):
        raise RecipeError(f"{where}: there is no setting {strange[0]}")
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    try:
        section = kind(**given)
    except TypeError:
        raise RecipeError(f"{where}: a setting that must be there is missing") from None
    for name, value in given.items():
        _check_kind(name, value, str(known[name].type), where)
    return section


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "<class 'int'>": int,
    "<class 'float'>": (int, float),
    "<class 'bool'>": bool,
    "<class 'str'>": str,
}


def _check_kind(name: str, value: object, kind: str, where: str) -> None:
    wanted = _KINDS.get(kind)
    mistaken = isinstance(value, bool) and wanted is not bool
    if wanted is not None and (mistaken or not isinstance(value, wanted)):
        raise RecipeError(f"{where}: {name} is not of its kind")


def _wrong(recipe: Recipe) -> str:
    """The first setting out of its range, or ""."""
    data, optimiser, lora, watch = recipe.data, recipe.optimiser, recipe.lora, recipe.watch
    personas = {str(persona) for persona in Persona}
    checks = (
        (bool(data.personas) and set(data.personas) <= personas, f"data.personas are of {sorted(personas)}"),
        (not data.mix or set(data.mix) == set(data.personas), "data.mix names every persona, and no other"),
        (not data.mix or abs(sum(data.mix.values()) - 1) < 1e-6, "data.mix must sum to 1"),
        (all(share > 0 for share in data.mix.values()), "data.mix has no share of 0"),
        (0 <= data.forget <= 1, "data.forget lies between 0 and 1"),
        (64 <= data.longest <= 32768, "data.longest lies between 64 and 32768"),
        (all(phase.edge in EDGES for phase in recipe.phases), f"phases.edge is one of {', '.join(EDGES)}"),
        (all(phase.passes > 0 for phase in recipe.phases), "phases.passes must be above 0"),
        (1 <= lora.rank <= 256 and lora.alpha > 0, "lora.rank is 1-256 and alpha above 0"),
        (0 <= lora.dropout < 1, "lora.dropout lies between 0 and 1"),
        (optimiser.schedule in SCHEDULES, f"optimiser.schedule is one of {', '.join(SCHEDULES)}"),
        (optimiser.rate > 0 and optimiser.clip > 0, "optimiser.rate and clip must be above 0"),
        (optimiser.accumulate >= 1 and optimiser.batch_tokens >= 64, "optimiser: a batch too small"),
        (watch.evaluate_every >= 1 and watch.checkpoint_every >= 1, "watch: every 1 step at most"),
        (watch.keep >= 1, "watch.keep is 1 at least"),
        (recipe.safety.weight >= 0 and recipe.safety.pairs >= 1, "safety: weight from 0, pairs from 1"),
    )
    return next((why for fine, why in checks if not fine), "")
