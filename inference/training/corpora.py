"""Turns labelled files into examples for the encoder's heads, and says which file taught what.

Two sources: what is written in this project (`inference/data/written`), and public collections with a licence to train,
given on the command line and recognised by their fields. Their text never enters the repository; cards keep their hash.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inference.encoder.heads import ADAPTERS, BEHAVIOURS
from inference.errors import InferenceError
from inference.training.composition import WRITTEN

OWN_LICENCE = "Apache-2.0, written for this project"

Row = Mapping[str, object]
Target = str | frozenset[str] | tuple[tuple[int, int, str], ...]


class CorpusError(InferenceError):
    code = "corpus"
    retryable = False


@dataclass(frozen=True)
class Example:
    """One text to learn from. `targets` by head: a label, a set of labels, or tagged stretches of the text."""

    adapter: str
    text: str
    targets: Mapping[str, Target]
    said: str = ""
    source: str = ""
    drawn_as: str = ""
    """The name a recipe counts its passes under, where that is not its source."""
    group: str = ""
    """Examples of one group are learned from together or kept aside together: a conversation, a near-miss pair."""


@dataclass(frozen=True)
class SourceFile:
    """A file that was trained on, for the card."""

    path: str
    sha256: str
    licence: str
    rows: int
    in_repository: bool


@dataclass
class Corpus:
    examples: list[Example] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)

    def of(self, adapter: str) -> list[Example]:
        return [example for example in self.examples if example.adapter == adapter]


@dataclass(frozen=True)
class _Reader:
    """How one kind of file is read. `takes` recognises a row of a file whose folder does not tell."""

    takes: Callable[[Row], bool]
    read: Callable[[Row], list[Example]]
    licence: str = ""


def load(extra: Sequence[Path] = (), *, written: Path = WRITTEN) -> Corpus:
    """Everything written here and the files given. Raises CorpusError naming the file and line, never their words."""
    corpus = Corpus()
    for path in sorted(written.glob("*/*.jsonl")):
        folder = path.parent.name
        if folder not in WRITTEN_READERS:
            raise CorpusError(f"{folder}/{path.name}: there is no form of that name")
        own = written == WRITTEN
        licence = OWN_LICENCE if own else ""
        _add(corpus, path, WRITTEN_READERS[folder], f"{folder}/{path.name}", licence, own=own)
    for path in extra:
        reader = _recognised(path)
        _add(corpus, path, reader, path.name, reader.licence, own=False)
    return corpus


def rows_of(path: Path) -> Iterable[tuple[int, Row]]:
    """The objects of a JSON Lines file with their lines' numbers from 1. Raises CorpusError without repeating what a
    line holds."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise CorpusError(f"{path.name}: it cannot be read") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except ValueError:
            raise CorpusError(f"{path.name}, line {number}: not JSON") from None
        if not isinstance(row, dict):
            raise CorpusError(f"{path.name}, line {number}: not an object")
        yield number, row


def _add(corpus: Corpus, path: Path, reader: _Reader, name: str, licence: str, *, own: bool) -> None:
    rows = 0
    for number, row in rows_of(path):
        try:
            read = reader.read(row)
        except KeyError as error:
            raise CorpusError(f"{path.name}, line {number}: no field {error}") from None
        except (AttributeError, TypeError, ValueError):
            raise CorpusError(f"{path.name}, line {number}: a field is not of its kind") from None
        for example in read:
            if strange := _strange(example):
                raise CorpusError(f"{path.name}, line {number}: a label that {strange} does not have")
            corpus.examples.append(replace(example, source=name))
        rows += 1
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    corpus.files.append(SourceFile(name, digest, licence, rows, own))


def _strange(example: Example) -> str:
    """The head that is given a label it does not know, or ""."""
    known = {spec.name: spec.labels for spec in ADAPTERS[example.adapter]}
    for head, target in example.targets.items():
        labels = {target} if isinstance(target, str) else {t if isinstance(t, str) else t[2] for t in target}
        if not labels <= {*known[head], *(RULED_TYPES if head == "pii" else ())}:
            return head
    return ""


RULED_TYPES = ("email", "phone", "ssn", "credit_card", "date_of_birth", "date", "age", "ip", "url")
"""Marked in the written text and left to patterns; the tagging head calls them nothing."""


def _recognised(path: Path) -> _Reader:
    _, first = next(iter(rows_of(path)), (0, {}))
    for reader in (*WRITTEN_READERS.values(), *PUBLIC_READERS):
        if reader.takes(first):
            return reader
    raise CorpusError(f"{path.name}: its fields are of no collection that heads are trained on")


def _turns(history: object, last: int = 2) -> str:
    return "\n".join(str(entry["text"]) for entry in _listed(history)[-last:])


def _listed(value: object) -> list[Mapping[str, object]]:
    return value if isinstance(value, list) else []


PLAIN = "plain"


def _plain(text: str, group: str) -> Example:
    """Ordinary talk, which speaks ill of no group: without it a head that only ever read remarks about groups sees
    prejudice in a lost dog."""
    return Example("message", text, {"bias": "no", "hate": "no"}, group=group, drawn_as=PLAIN)


def _crisis(row: Row) -> list[Example]:
    targets: dict[str, Target] = {
        "crisis.kind": str(row["kind"]),
        "crisis.severity": str(row["severity"]),
        "crisis.timeline": str(row["timeline"]),
        "protective": frozenset(map(str, row["protective"])),  # type: ignore[call-overload]
    }
    said = _turns(row.get("history"), 3)
    text, group = str(row["text"]), str(row.get("pair", ""))
    examples = [Example("message", text, targets, said, group=group)]
    return [*examples, _plain(text, group)] if row["severity"] == "none" else examples


def _harm(row: Row) -> list[Example]:
    targets: dict[str, Target] = {
        "hate": "yes" if row["hateful"] else "no",
        "bias": "yes" if row["biased"] else "no",
        "bias.kinds": frozenset(map(str, row["kinds"])) if row["biased"] else frozenset(),  # type: ignore[call-overload]
    }
    return [Example("message", str(row["text"]), targets, group=str(row.get("pair", "")))]


def _talk(row: Row) -> list[Example]:
    examples: list[Example] = []
    turns: list[Mapping[str, object]] = list(row["turns"])  # type: ignore[call-overload]
    for at, turn in enumerate(turns):
        said = _turns(turns[max(0, at - 2) : at])
        if turn["speaker"] == "client":
            targets: dict[str, Target] = {"talk": str(turn["talk"])}
        else:
            codes = tuple(map(str, turn["codes"]))  # type: ignore[call-overload]
            targets = {
                "behaviour": main_behaviour(codes, str(turn.get("form", ""))),
                "codes": frozenset(codes),
            }
        text, group = str(turn["text"]), str(row["id"])
        examples += [Example("exchange", text, targets, said, group=group), _plain(text, group)]
    return examples


def main_behaviour(codes: Sequence[str], form: str) -> str:
    """The one behaviour a turn is counted as: a question outweighs a reflection before it, and both an input."""
    if "Q" in codes:
        return "question_open" if form == "open" else "question_closed"
    for code, name in _MAIN:
        if code in codes:
            return name
    return BEHAVIOURS[0]


_MAIN = (
    ("CR", "complex"),
    ("SR", "simple"),
    ("PersuadeWith", "negotiation"),
    ("Persuade", "advice"),
    ("Seek", "negotiation"),
    ("GI", "information"),
)


def _empathy(row: Row) -> list[Example]:
    targets: dict[str, Target] = {
        f"empathy.{name}": str(row[name])
        for name in ("emotional_reactions", "interpretations", "explorations")
    }
    targets["strategy"] = str(row["strategy"])
    said = "\n".join(part for part in (_turns(row.get("history"), 1), str(row["seeker"])) if part)
    return [Example("exchange", str(row["response"]), targets, said)]


def _technique(row: Row) -> list[Example]:
    return [
        Example("exchange", str(row["text"]), {"technique": str(row["technique"])}, str(row.get("said", "")))
    ]


def _pii(row: Row) -> list[Example]:
    text, spans = unmarked(str(row["text"]))
    return [Example("tags", text, {"pii": tuple(spans)})]


def unmarked(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Take `[[type:words]]` marks out; the text and (start, end, type) of each."""
    text, spans, at = "", [], 0
    while (opening := marked.find("[[", at)) >= 0:
        closing, colon = marked.index("]]", opening), marked.index(":", opening)
        text += marked[at:opening]
        words = marked[colon + 1 : closing]
        spans.append((len(text), len(text) + len(words), marked[opening + 2 : colon]))
        text, at = text + words, closing + 2
    return text + marked[at:], spans


WRITTEN_READERS: Mapping[str, _Reader] = {
    "crisis": _Reader(lambda row: "kind" in row and "severity" in row, _crisis),
    "harm": _Reader(lambda row: "hateful" in row and "biased" in row, _harm),
    "talk": _Reader(lambda row: any("codes" in turn for turn in _listed(row.get("turns"))), _talk),
    "empathy": _Reader(lambda row: "response" in row and "strategy" in row, _empathy),
    "technique": _Reader(lambda row: "technique" in row, _technique),
    "pii": _Reader(lambda row: set(row) == {"id", "text"}, _pii),
}
"""By folder. A clinic's own rows in these forms may be given too; their licence is for the clinic to state."""

_GROUPS = {"gender_female": "gender", "orientation_lgbtq": "gender", "race_black": "racial"}


def _reddit_bias(row: Row) -> list[Example]:
    kind = _GROUPS.get(str(row["group"]), "cultural")
    biased = bool(row["biased"])
    targets: dict[str, Target] = {
        "bias": "yes" if biased else "no",
        "bias.kinds": frozenset({kind} if biased else ()),
    }
    return [Example("message", str(row["text"]), targets)]


def _public_pii(row: Row) -> list[Example]:
    spans = [
        (int(span["start"]), int(span["end"]), _PUBLIC_TAGS[str(span["type"])])
        for span in row["spans"]  # type: ignore[attr-defined]
        if str(span["type"]) in _PUBLIC_TAGS
    ]
    return [Example("tags", str(row["text"]), {"pii": tuple(spans)})]


_PUBLIC_TAGS = {
    "PERSON": "name",
    "STREET_ADDRESS": "address",
    "ORGANIZATION": "organisation",
    "GPE": "place",
    "TITLE": "title",
    "NRP": "group",
}
LIGHT = "light"
_LIGHT = frozenset(
    {
        "admiration",
        "amusement",
        "approval",
        "curiosity",
        "excitement",
        "gratitude",
        "joy",
        "love",
        "optimism",
        "pride",
    }
)
_GRAVE = re.compile(
    r"\b(?:kill|kills|killed|killing|killer|die|dies|died|dying|dead|deadly|death|shoot|shot|hang|hanging|cut|cutting|"
    r"hurt|hurts|suicide|bomb|burn|burning|crazy|insane|murder|murdered|blood|bleed|drown|drowning|hell|panic|drunk|"
    r"high|fight|attack|stab|choke|hit|gun|knife|poison|mad|psycho|depressed|hopeless|cry|crying|pain)\b",
    re.IGNORECASE,
)


def _emotion(row: Row) -> list[Example]:
    """A comment that readers found amused, fond or glad and nothing else tells of no crisis, whatever its words."""
    text, labels = str(row["text"]), frozenset(map(str, row["labels"]))  # type: ignore[call-overload]
    group = str(row.get("id", ""))
    examples = [Example("message", text, {"emotion": labels}, group=group)]
    if labels and labels <= _LIGHT and _GRAVE.search(text):
        calm: dict[str, Target] = {
            "crisis.kind": "none",
            "crisis.severity": "none",
            "crisis.timeline": "none",
        }
        examples.append(Example("message", text, {**calm, "emotion": labels}, group=group, drawn_as=LIGHT))
    return examples


PUBLIC_READERS = (
    _Reader(lambda row: "biased" in row and "group" in row, _reddit_bias, "MIT (RedditBias)"),
    _Reader(lambda row: "spans" in row, _public_pii, "MIT (presidio-research)"),
    _Reader(
        lambda row: row.get("label") in ("hate", "offensive", "none"),
        lambda row: [Example("message", str(row["text"]), {"toxicity": str(row["label"])})],
        "MIT (Davidson et al. 2017)",
    ),
    _Reader(
        lambda row: isinstance(row.get("labels"), list),
        _emotion,
        "Apache-2.0 (GoEmotions)",
    ),
)


def split(examples: Sequence[Example], *, share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """Examples to learn from and, of each source, a `share` of its groups kept to choose by; the same for the same
    seed."""
    kept, held = [], []
    by_source: dict[str, dict[str, list[Example]]] = {}
    for number, example in enumerate(examples):
        groups = by_source.setdefault(example.source, {})
        groups.setdefault(example.group or f"alone {number}", []).append(example)
    chance = random.Random(seed)
    for source in sorted(by_source):
        groups = list(by_source[source].values())
        chance.shuffle(groups)
        cut = round(len(groups) * share)
        held += [example for group in groups[:cut] for example in group]
        kept += [example for group in groups[cut:] for example in group]
    return kept, held
