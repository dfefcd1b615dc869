"""The card of a trained adapter, written again from its recipe and its data without training.

What was measured (losses, readings, seconds) stays as the card had it; what follows from recipe and data is made anew.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.data.reading import DIALOGUES
from inference.data.unsafe import UNSAFE
from inference.models.adapter import read_adapter
from inference.training.adapters.cards import card_of, write_card
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.recipe import recipe_from_card
from inference.training.adapters.sources import Source, sources_of


def reissue(folder: Path, *, dialogues: Path = DIALOGUES, unsafe: Path = UNSAFE) -> dict[str, Any]:
    """Write card.json and card.md in `folder` again, and return the card. The weights, and so the adapter's address,
    stay. Raises ModelError for a folder that is no sound adapter, RecipeError where the recipe in the card is not in
    its form or `dialogues` or `unsafe` are not the files that the adapter was trained on."""
    old = dict(read_adapter(folder).card)
    recipe = recipe_from_card(_table_of(old, "recipe"))
    sources = sources_of(recipe, dialogues=dialogues, unsafe=unsafe)
    _check_same(old, sources.learned_from)
    counted = {"dialogues": len(sources.kept), "kept_aside": len(sources.aside)}
    card = card_of(
        folder,
        recipe=recipe,
        outcome=_table_of(old, "outcome") | counted,
        files=sources.learned_from,
        base=_table_of(old, "base"),
    )
    card |= {name: old[name] for name in ("version", "form", "licence") if name in old}
    card = {name: entry for name, entry in old.items() if name not in card} | card
    write_card(folder, card)
    return card


def _check_same(old: Mapping[str, Any], files: list[Source]) -> None:
    """Every file has to be one that the old card names, with the same content."""
    named = {entry["path"]: entry["sha256"] for entry in old.get("training_files", ())}
    for file in files:
        if named.get(file.path) != file.sha256:
            raise RecipeError(f"{file.path} is not the file that this adapter was trained on")


def _table_of(card: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = card.get(name)
    if not isinstance(found, dict):
        raise RecipeError(f"the card has no {name}, so that it cannot be written again")
    return dict(found)
