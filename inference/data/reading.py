"""Reads the written dialogues: files to frozen dialogues, every label checked, and the few kept aside from training.

Knows the files' form (`dialogues/README.md`), not how an adapter is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.contracts import Person
from inference.data.errors import DataError
from inference.data.lines import DataFile, Row, described, rows_of
from inference.data.split import held_out
from inference.persona import BANDS, PROTOCOL, ClientPersona
from inference.vocabulary import acts, plans

DIALOGUES = Path(__file__).parent / "dialogues"
HEARD: Mapping[Person, str] = {Person.CLIENT: "therapist", Person.COMPANION: "seeker"}
"""Who is heard by whom the model speaks as."""
THERAPISTS = ("good", "poor", "odd")


@dataclass(frozen=True)
class Turn:
    """`act` and `band` belong to a client's turn, `plan` to a companion's; others have none."""

    speaker: str
    text: str
    act: str = ""
    band: str = ""
    plan: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether its words are reviewed ones, which are never learned."""
        return self.text == PROTOCOL


@dataclass(frozen=True)
class Dialogue:
    """`therapist` is how the therapist works, of a client's dialogue; `edge` names what makes it hard, or is empty."""

    id: str
    person: Person
    topic: str
    edge: tuple[str, ...]
    turns: tuple[Turn, ...]
    client: ClientPersona | None = None
    therapist: str = ""


@dataclass(frozen=True)
class Library:
    dialogues: tuple[Dialogue, ...]
    files: tuple[DataFile, ...]

    def of(self, person: Person) -> list[Dialogue]:
        return [dialogue for dialogue in self.dialogues if dialogue.person is person]


def read_dialogues(folder: Path = DIALOGUES) -> Library:
    """Every dialogue of `folder`/client and /companion, by file and line. Raises DataError at the first that is not in
    its form, and for a folder without any."""
    dialogues: list[Dialogue] = []
    files: list[DataFile] = []
    for person in Person:
        for path in sorted((folder / person).glob("*.jsonl")):
            rows = [_read(path, number, row, person) for number, row in rows_of(path)]
            dialogues += rows
            files.append(described(path, rows=len(rows)))
    if not dialogues:
        raise DataError(f"{folder}: there are no dialogues in it")
    return Library(tuple(dialogues), tuple(files))


def split(dialogues: Sequence[Dialogue]) -> tuple[list[Dialogue], list[Dialogue]]:
    """Those to learn from and those kept aside; never one in both."""
    kept = [dialogue for dialogue in dialogues if not held_out(dialogue.id)]
    aside = [dialogue for dialogue in dialogues if held_out(dialogue.id)]
    return kept, aside


def _read(path: Path, number: int, row: Row, person: Person) -> Dialogue:
    where = f"{path.parent.name}/{path.name}, line {number}"
    try:
        dialogue = Dialogue(
            id=str(row["id"]),
            person=person,
            topic=str(row["topic"]),
            edge=tuple(map(str, row["edge"])),
            turns=tuple(_turn(turn) for turn in row["turns"]),
            client=_client(row["client"]) if person is Person.CLIENT else None,
            therapist=str(row["therapist"]) if person is Person.CLIENT else "",
        )
    except KeyError as error:
        raise DataError(f"{where}: no field {error}") from None
    except (AttributeError, TypeError, ValueError):
        raise DataError(f"{where}: a field is not of its kind") from None
    if wrong := _wrong(dialogue):
        raise DataError(f"{where}: {wrong}")
    return dialogue


def _client(row: Row) -> ClientPersona:
    return ClientPersona(str(row["name"]), int(row["age"]), str(row["who"]), tuple(map(str, row["facts"])))


def _turn(row: Row) -> Turn:
    fields = ("act", "band", "plan")
    return Turn(str(row["speaker"]), str(row["text"]), *(str(row.get(field, "")) for field in fields))


def _wrong(dialogue: Dialogue) -> str:
    """What is not in the form, or "". A label that nobody knows is named, words are not."""
    spoken = {HEARD[dialogue.person], str(dialogue.person)}
    if dialogue.person is Person.CLIENT and dialogue.therapist not in THERAPISTS:
        return f"therapist is none of {', '.join(THERAPISTS)}"
    before = ""
    for at, turn in enumerate(dialogue.turns):
        if turn.speaker not in spoken or turn.speaker == before:
            return f"turns[{at}]: the speakers do not take turns"
        if not turn.text.strip() or "<|" in turn.text:
            return f"turns[{at}]: empty, or with a control token"
        if turn.speaker == dialogue.person and (wrong := _wrong_label(turn, dialogue.person)):
            return f"turns[{at}]: {wrong}"
        before = turn.speaker
    return "" if len(dialogue.turns) > 1 else "fewer than two turns"


def _wrong_label(turn: Turn, person: Person) -> str:
    if person is Person.COMPANION:
        return "" if turn.plan in plans() else f"{turn.plan or 'nothing'} is no plan"
    if turn.act not in acts():
        return f"{turn.act or 'nothing'} is no act"
    return "" if turn.band in BANDS else f"{turn.band or 'nothing'} is no band"
