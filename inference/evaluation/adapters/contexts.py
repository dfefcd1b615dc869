"""What an adapter is measured on: places in held-out dialogues where a client, or the companion, is to say something.

A context holds the talk up to there, the act or plan, what the author wrote, and the groups that its person belongs to.
The sample is the same on every machine: as many of each act as there are, in the order of their ids' hashes.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.contracts import Message, Person, Role, Speaker, WordingLimits
from inference.data.split import held_out
from inference.evaluation.errors import EvaluationError
from inference.evaluation.rows import Row, read_rows
from inference.persona import PROTOCOL, ClientPersona, Exchange, client_tag, companion_tag
from inference.safety.detectors.given import Given

DIALOGUES = Path(__file__).resolve().parents[2] / "data" / "dialogues"
MOST_WORDS: Mapping[str, int] = {Person.CLIENT: 45, Person.COMPANION: 60}
"""As the product asks of a client; the companion's written replies have 60 words at most."""
OLD_FROM, YOUNG_UNDER = 60, 30
SHORT_WORDS = 3
"""What was heard in so few words may be said back."""


@dataclass(frozen=True)
class Context:
    """`id`: the dialogue's, a colon, the reply's number from 1. `talk` is oldest first; its last exchange has the tag
    of what is to be carried out and nothing said. `written`: the author's reply. `groups`: kind of group to group."""

    id: str
    dialogue: str
    person: Person
    label: str
    talk: tuple[Exchange, ...]
    written: str
    groups: Mapping[str, str]
    edge: tuple[str, ...] = ()
    client: ClientPersona | None = None

    @property
    def heard(self) -> str:
        return self.talk[-1].heard

    @property
    def earlier(self) -> tuple[str, ...]:
        """The speaker's own earlier replies; fixed words are not theirs."""
        return tuple(each.said for each in self.talk[:-1] if each.said and each.said != PROTOCOL)

    @property
    def speaker(self) -> Speaker:
        return Speaker.COMPANION if self.person is Person.COMPANION else Speaker.CLIENT

    def given(self, text: str) -> Given:
        """The reply as detectors are given it, with the talk before it and no tags."""
        history = []
        for each in self.talk:
            history.append(Message(Role.USER, each.heard or "..."))
            if each.said:
                history.append(Message(Role.ASSISTANT, each.said))
        return Given(text, self.speaker, tuple(history))

    def limits(self) -> WordingLimits:
        avoid = (self.heard,) if len(self.heard.split()) > SHORT_WORDS else ()
        return WordingLimits(
            speaker=self.client.name if self.client else "companion",
            person=self.person,
            max_words=MOST_WORDS[self.person],
            facts={"age": self.client.age} if self.client else {},
            earlier=self.earlier,
            avoid=avoid,
            planned=self.label,
        )


def held_out_contexts(person: Person, folder: Path = DIALOGUES) -> list[Context]:
    """Every place to speak in the dialogues of this person that nobody may train on. Raises EvaluationError."""
    files = sorted((folder / person).glob("*.jsonl"))
    if not files:
        raise EvaluationError(f"{folder / person}: holds no dialogues")
    rows = [row for file in files for row in read_rows(file)]
    try:
        return [each for row in rows if held_out(str(row["id"])) for each in contexts_of(row, person)]
    except (KeyError, TypeError) as error:
        raise EvaluationError(
            f"{folder / person}: a dialogue is not in its form ({type(error).__name__})"
        ) from error


def contexts_of(row: Row, person: Person) -> Iterator[Context]:
    """The contexts of one dialogue, in its order; words that are fixed are no place to speak."""
    client = _client(row["client"]) if person is Person.CLIENT else None
    talk: list[Exchange] = []
    heard, number = "", 0
    for turn in row["turns"]:
        if turn["speaker"] != person:
            heard = turn["text"]
            continue
        number += 1
        fixed = turn["text"] == PROTOCOL
        tag = "" if fixed else _tag(turn, person)
        if not fixed:
            yield Context(
                id=f"{row['id']}:{number}",
                dialogue=str(row["id"]),
                person=person,
                label=turn["act"] if person is Person.CLIENT else turn["plan"],
                talk=(*talk, Exchange(heard, "", tag)),
                written=turn["text"],
                groups=_groups(row, person),
                edge=tuple(row["edge"]),
                client=client,
            )
        talk.append(Exchange(heard, turn["text"], tag))
        heard = ""


def sample(contexts: Sequence[Context], most: int) -> list[Context]:
    """At most `most` of them, as evenly over the acts, or plans, as there are contexts; the same ones every time."""
    by_label: dict[str, list[Context]] = {}
    for each in sorted(contexts, key=lambda context: _order(context.id)):
        by_label.setdefault(each.label, []).append(each)
    chosen: list[Context] = []
    depth = 0
    while len(chosen) < min(most, len(contexts)):
        chosen += [by_label[label][depth] for label in sorted(by_label) if depth < len(by_label[label])]
        depth += 1
    return chosen[:most]


def sample_talks(contexts: Sequence[Context], most: int) -> list[list[Context]]:
    """At most `most` whole dialogues, their contexts in order; the same ones every time."""
    by_dialogue: dict[str, list[Context]] = {}
    for each in contexts:
        by_dialogue.setdefault(each.dialogue, []).append(each)
    return [by_dialogue[name] for name in sorted(by_dialogue, key=_order)[:most]]


def sha256_of(contexts: Sequence[Context]) -> str:
    """What they are, in one hash: two measurements compare where it is the same."""
    told = [[each.id, each.label, each.written, [[e.heard, e.said] for e in each.talk]] for each in contexts]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def seed_of(context: Context) -> int:
    """63 bits, from the id."""
    return int(_order(f"seed {context.id}")[:15], 16)


def _order(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _client(entry: Mapping[str, object]) -> ClientPersona:
    facts = tuple(str(fact) for fact in entry["facts"])  # type: ignore[attr-defined]
    return ClientPersona(str(entry["name"]), int(entry["age"]), str(entry["who"]), facts)  # type: ignore[call-overload]


def _tag(turn: Row, person: Person) -> str:
    return client_tag(turn["act"], turn["band"]) if person is Person.CLIENT else companion_tag(turn["plan"])


def _groups(row: Row, person: Person) -> dict[str, str]:
    whom = row["client"] if person is Person.CLIENT else row["seeker"]
    age = int(whom["age"])
    groups = {"age": "under 30" if age < YOUNG_UNDER else "60 and over" if age >= OLD_FROM else "30 to 59"}
    if person is Person.CLIENT:
        groups |= {"pronoun": str(whom["pronoun"]), "therapist": str(row["therapist"])}
    return groups | {"edge": "hard" if row["edge"] else "ordinary"}
