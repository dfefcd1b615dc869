"""Which written rows a recipe learns from and which it keeps aside, file by file: what a card may say of its data.

Knows files, dialogues and pairs; no tokens and no model.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from inference.data.lines import DataFile
from inference.data.reading import DIALOGUES, Dialogue, read_dialogues
from inference.data.split import held_out
from inference.data.unsafe import UNSAFE, Pair, read_unsafe
from inference.persona import Persona
from inference.training.adapters.plan import examples_of
from inference.training.adapters.recipe import Recipe

Written = TypeVar("Written", Dialogue, Pair)


@dataclass(frozen=True)
class Source:
    """A file with rows of the recipe's personas. `rows` of them are learned from, `kept_aside` only measured on;
    `sha256` is the whole file's."""

    path: str
    sha256: str
    rows: int
    kept_aside: int


@dataclass(frozen=True)
class Sources:
    """Dialogues and unsafe pairs of the recipe's personas. Without a safety term no pair is learned from."""

    kept: tuple[Dialogue, ...]
    aside: tuple[Dialogue, ...]
    pairs: tuple[Pair, ...]
    pairs_aside: tuple[Pair, ...]
    files: tuple[Source, ...]

    @property
    def learned_from(self) -> list[Source]:
        return [file for file in self.files if file.rows]


def sources_of(recipe: Recipe, *, dialogues: Path = DIALOGUES, unsafe: Path = UNSAFE) -> Sources:
    """Raises DataError for a file that is not in its form."""
    library = read_dialogues(dialogues)
    pairs, pair_files = read_unsafe(unsafe)
    spoken = {str(Persona.CLIENT) if name == Persona.NEUTRAL else name for name in recipe.data.personas}

    def teaches(dialogue: Dialogue) -> bool:
        return bool(examples_of([dialogue], recipe.data))

    def is_used(pair: Pair) -> bool:
        return str(pair.person) in spoken and (recipe.safety.weight > 0 or held_out(pair.id))

    kept, aside, files = _apart(library.dialogues, library.files, teaches)
    own, own_aside, own_files = _apart(pairs, pair_files, is_used)
    return Sources(kept, aside, own, own_aside, (*files, *own_files))


def _apart(
    rows: Sequence[Written],
    files: Sequence[DataFile],
    is_wanted: Callable[[Written], bool],
) -> tuple[tuple[Written, ...], tuple[Written, ...], list[Source]]:
    """The rows to learn from, those kept aside, and the files that have any of them."""
    kept: list[Written] = []
    aside: list[Written] = []
    sources: list[Source] = []
    for file, own in _by_file(rows, files):
        wanted = [row for row in own if is_wanted(row)]
        measured = [row for row in wanted if held_out(row.id)]
        learned = [row for row in wanted if not held_out(row.id)]
        kept += learned
        aside += measured
        if wanted:
            sources.append(Source(file.path, file.sha256, len(learned), len(measured)))
    return tuple(kept), tuple(aside), sources


def _by_file(rows: Sequence[Written], files: Sequence[DataFile]) -> Iterator[tuple[DataFile, list[Written]]]:
    """Readers give rows file by file, in the order of the files."""
    left = iter(rows)
    for file in files:
        yield file, list(islice(left, file.rows))
