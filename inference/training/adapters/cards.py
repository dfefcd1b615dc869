"""The folder of a trained adapter: its weights in bfloat16 as PEFT writes them, and the card that says what it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file

from inference.data.edits import REWORDED, told
from inference.models.adapter import CARD_FILE, CONFIG_FILE, WEIGHTS_FILE, sha256_of
from inference.persona import FORM_VERSION
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.sources import Source
from inference.training.adapters.uses import use_of

MOST_BYTES = 10_000_000
"""What a shipped adapter may weigh: it lies in the repository."""
LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class Outcome:
    """`before` and `after`: loss in nats a token and perplexity on dialogues kept aside, by persona and of all.
    `dialogues` and `kept_aside` count dialogues. `curve` and `curve_by_persona` are readings on the way, one for one,
    of a part of what is kept aside."""

    before: Mapping[str, Mapping[str, float]]
    after: Mapping[str, Mapping[str, float]]
    seconds: float
    tokens: int
    steps: int
    tokens_per_s: float
    dialogues: int
    kept_aside: int
    curve: Sequence[tuple[int, float]]
    curve_by_persona: Sequence[Mapping[str, float]]
    unsafe: Mapping[str, float]


def write_adapter(
    network: PeftModel,
    folder: Path,
    *,
    recipe: Recipe,
    outcome: Outcome,
    files: Sequence[Source],
    base: Mapping[str, str],
) -> None:
    """Write adapter_model.safetensors, adapter_config.json, card.json and card.md into `folder`. RecipeError where the
    weights are larger than a shipped adapter may be and the base is the bundled model."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_weights(network, folder, base_name=base["name"])
    size = (folder / WEIGHTS_FILE).stat().st_size
    if not recipe.base and size > MOST_BYTES:
        raise RecipeError(
            f"the weights are {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f}: lower lora.rank"
        )
    card = card_of(folder, recipe=recipe, outcome=asdict(outcome), files=files, base=base)
    write_card(folder, card)


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """card.json for programs, card.md the same for people."""
    (folder / CARD_FILE).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(_page(card), encoding="utf-8")


def card_of(
    folder: Path,
    *,
    recipe: Recipe,
    outcome: Mapping[str, Any],
    files: Sequence[Source],
    base: Mapping[str, str],
) -> dict[str, Any]:
    """The card of the weights that lie in `folder`. `outcome` as `Outcome` has it, `files` those learned from."""
    weights = sha256_of(folder / WEIGHTS_FILE)
    return {
        "adapter": recipe.name,
        "version": f"{recipe.name} {weights[:8]}",
        "weights_sha256": weights,
        "base": dict(base),
        "form": FORM_VERSION,
        "licence": LICENCE,
        **use_of(recipe.data.personas),
        "recipe": recipe.to_json(),
        "training_files": [asdict(file) for file in files],
        "outcome": dict(outcome),
    }


def _write_weights(network: PeftModel, folder: Path, *, base_name: str) -> None:
    state = {
        name: value.detach().to("cpu", torch.bfloat16).contiguous()
        for name, value in get_peft_model_state_dict(network).items()
    }
    save_file(state, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    (folder / WEIGHTS_FILE).chmod(0o644)  # it is written for its owner alone
    config = network.peft_config["default"]
    config.inference_mode, config.base_model_name_or_path = True, base_name
    config.save_pretrained(str(folder))
    assert (folder / CONFIG_FILE).is_file()


def _page(card: Mapping[str, Any]) -> str:
    outcome, base = card["outcome"], card["base"]
    losses = [
        (
            persona,
            after["tokens"],
            f"{outcome['before'][persona]['loss']:.3f} ({outcome['before'][persona]['perplexity']:.1f})",
            f"{after['loss']:.3f} ({after['perplexity']:.1f})",
        )
        for persona, after in outcome["after"].items()
    ]
    files = [
        (each["path"], each["rows"], each["kept_aside"], f"`{each['sha256'][:16]}…`")
        for each in card["training_files"]
    ]
    parts = [
        f"# {card['version']}",
        f"Low-rank weights ({card['licence']}) on {base['name']}, model file sha256 `{base['sha256']}`. "
        f"Weights sha256 `{card['weights_sha256']}`. Asked in form {card['form']} of `inference/persona.py`.",
        "## Use",
        _list(card["use"]),
        "## Trained on",
        f"{outcome['dialogues']} dialogues; {outcome['kept_aside']} more were kept aside by their ids.",
        _table(("file", "rows learned from", "rows kept aside", "sha256"), files),
        told(card.get(REWORDED, {})),
        "## On dialogues kept aside",
        "Loss in nats for each learned token, perplexity in brackets, in the same form before and after training.",
        _table(("persona", "tokens", "bare model", "with the adapter"), losses),
        *_unsafe(outcome["unsafe"]),
        "## Known failures",
        _list(card["failures"]),
        "## The run",
        _course(outcome),
        _stopping(card["recipe"]["watch"], outcome["steps"]),
        f"```json\n{json.dumps(card['recipe'], indent=1)}\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _unsafe(figures: Mapping[str, float]) -> list[str]:
    if not figures:
        return []
    rows = [
        (name.replace("_", " "), value if isinstance(value, int) else f"{value:.3f}")
        for name, value in figures.items()
    ]
    said = (
        "Log-likelihood in nats a token. From so few pairs it is a direction, and no rate of unsafe replies."
    )
    return ["## Unsafe replies kept aside", said, _table(("figure", "value"), rows)]


def _course(outcome: Mapping[str, Any]) -> str:
    hours = outcome["seconds"] / 3600
    read = ", ".join(f"{loss:.3f} at {step}" for step, loss in outcome["curve"])
    said = (
        f"{outcome['steps']} steps, {outcome['tokens']} tokens in {outcome['seconds']:.0f} s ({hours:.1f} h, "
        f"{outcome['tokens_per_s']:.0f} tokens/s). Held-out loss on the way: {read}."
    )
    apart: Sequence[Mapping[str, float]] = outcome.get("curve_by_persona", ())
    if not apart or len(apart[-1]) < 2:
        return said
    last = ", ".join(f"{persona} {loss:.3f}" for persona, loss in apart[-1].items())
    return f"{said} By persona at the end: {last}."


def _stopping(watch: Mapping[str, int], steps: int) -> str:
    """When early stopping could have ended the run at the earliest: the first reading is always the lowest so far."""
    if not watch["patience"]:
        return "Early stopping was off; the weights are those of the lowest held-out loss on the way."
    earliest = watch["evaluate_every"] * (watch["patience"] + 1)
    return (
        f"Early stopping reads the held-out loss every {watch['evaluate_every']} steps and waits for "
        f"{watch['patience']} readings without a fall, so that it could not end a run before step {earliest}; this one "
        f"took {steps}. The weights are those of the lowest held-out loss on the way."
    )


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])
