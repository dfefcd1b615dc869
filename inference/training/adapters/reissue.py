"""The card of a trained adapter, written again from its recipe and its data without training.

What was measured (losses, readings, seconds) stays as the card had it; what follows from recipe and data is made anew.
Files stay named as they were learned from, and the card says how many of their turns were reworded since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inference.data.edits import REWORDED, reworded_since
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
    its form or `dialogues` or `unsafe` are not the files that the adapter was trained on, recorded edits taken back."""
    old = dict(read_adapter(folder).card)
    recipe = recipe_from_card(_table_of(old, "recipe"))
    sources = sources_of(recipe, dialogues=dialogues, unsafe=unsafe)
    files, reworded = _as_learned_from(old, sources.learned_from, dialogues)
    counted = {"dialogues": len(sources.kept), "kept_aside": len(sources.aside)}
    card = card_of(
        folder,
        recipe=recipe,
        outcome=_table_of(old, "outcome") | counted,
        files=files,
        base=_table_of(old, "base"),
    )
    card |= {name: old[name] for name in ("version", "form", "licence") if name in old}
    card |= {REWORDED: reworded} if reworded else {}
    card = {name: entry for name, entry in old.items() if name not in (*card, REWORDED)} | card
    write_card(folder, card)
    return card


def _as_learned_from(
    old: Mapping[str, Any], files: Sequence[Source], dialogues: Path
) -> tuple[list[Source], dict[str, int]]:
    """The files as the old card names them, and how many turns of which were reworded since. Every file has to be one
    that the card names, as it was learned from or with recorded edits."""
    named = {entry["path"]: entry["sha256"] for entry in old.get("training_files", ())}
    since: dict[str, int] = {}
    for file in files:
        sha256 = named.get(file.path, "")
        edits = 0 if sha256 == file.sha256 else reworded_since(file.path, sha256, dialogues)
        if edits is None:
            raise RecipeError(f"{file.path} is not the file that this adapter was trained on")
        since[file.path] = edits
    learned = [replace(file, sha256=named[file.path]) for file in files]
    return learned, {path: edits for path, edits in since.items() if edits}


def _table_of(card: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = card.get(name)
    if not isinstance(found, dict):
        raise RecipeError(f"the card has no {name}, so that it cannot be written again")
    return dict(found)
