"""Ordinary talk for the heads of crisis, from the written dialogues: without it, heads that only read messages by
themselves take every second line of a client who drinks, or grieves, for a crisis.

A helper's line is no crisis of theirs. A client's or seeker's line, in a dialogue where none is marked or screened, is
not grave, whatever else it is; nor are all of them read as one letter, or length alone would tell. And the rows written
about crises are also read after somebody's ordinary talk, so that a history by itself says nothing either way.
Dialogues that are kept aside teach nothing.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inference.data.lines import DataFile
from inference.data.reading import Dialogue, read_dialogues, split
from inference.encoder.heads import MESSAGE
from inference.safety.lexicon import SEVERITIES
from inference.safety.screen import screen
from inference.training.corpora import OWN_LICENCE, Example, SourceFile, Target

CALM, POST, IN_COMPANY = "calm", "post", "in company"
HISTORY_TURNS = 3
HELPERS = ("therapist", "companion")
NOT_GRAVE = frozenset(SEVERITIES[:2])
GRAVE = frozenset(SEVERITIES[2:])
NO_CRISIS: dict[str, Target] = {"crisis.kind": "none", "crisis.severity": "none", "crisis.timeline": "none"}
TOUCHY = frozenset(
    {
        "crisis",
        "self_harm",
        "threat",
        "intoxicated",
        "relapse",
        "delusion",
        "voices",
        "disclosure",
        "dissociation",
        "third_person_worry",
    }
)
"""Marks of dialogues whose lines may well be a crisis; they are left out whole."""


@dataclass(frozen=True)
class Talks:
    """`examples` for the adapter `message`; `calm` are the histories they were made of; `files` for the card."""

    examples: list[Example]
    calm: list[str]
    files: list[SourceFile]


def taught(adapter: str, kept: Sequence[Example], *, seed: int) -> Talks:
    """What an adapter learns beside the rows `kept` for it: ordinary talk, and those rows within it."""
    if adapter != MESSAGE:
        return Talks([], [], [])
    talks = ordinary_talks()
    return replace(talks, examples=[*in_company(kept, talks.calm, seed=seed), *talks.examples])


def ordinary_talks() -> Talks:
    """Every line of the shipped dialogues that may teach, alone and after what was said before it."""
    library = read_dialogues()
    kept, _ = split(library.dialogues)
    examples: list[Example] = []
    calm: list[str] = []
    for dialogue in kept:
        if not is_ordinary(dialogue):
            continue
        for example in _lines(dialogue):
            examples += [example, replace(example, said="")] if example.said else [example]
            calm += [example.said] if example.said else []
        examples.append(_post(dialogue))
    return Talks(examples, calm, [_file(file) for file in library.files])


def in_company(examples: Sequence[Example], calm: Sequence[str], *, seed: int) -> list[Example]:
    """Every row with a severity that stands alone once more, after a history drawn by the seed."""
    chance = random.Random(seed)
    return [
        replace(example, said=chance.choice(calm), drawn_as=IN_COMPANY)
        for example in examples
        if "crisis.severity" in example.targets and not example.said and not example.drawn_as
    ]


def is_ordinary(dialogue: Dialogue) -> bool:
    """Whether nothing in it is marked, fixed or screened as a crisis."""
    if TOUCHY & set(dialogue.edge) or any(turn.is_fixed for turn in dialogue.turns):
        return False
    return not any(screen(turn.text).severity in GRAVE for turn in dialogue.turns)


def _lines(dialogue: Dialogue) -> Iterator[Example]:
    for at, turn in enumerate(dialogue.turns):
        helper = turn.speaker in HELPERS
        said = "\n".join(each.text for each in dialogue.turns[max(0, at - HISTORY_TURNS) : at])
        targets: dict[str, Target] = NO_CRISIS if helper else {"crisis.severity": NOT_GRAVE}
        yield Example(MESSAGE, turn.text, targets, said, "dialogues", CALM, dialogue.id)


def _post(dialogue: Dialogue) -> Example:
    """All that one person says, as one letter: else length alone would tell a letter from talk, and grave from not."""
    text = " ".join(turn.text for turn in dialogue.turns if turn.speaker not in HELPERS)
    return Example(MESSAGE, text, {"crisis.severity": NOT_GRAVE}, "", "dialogues", POST, dialogue.id)


def _file(file: DataFile) -> SourceFile:
    return SourceFile(f"dialogues/{file.path}", file.sha256, OWN_LICENCE, file.rows, in_repository=True)
