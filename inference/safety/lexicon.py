"""Loads the crisis lexicons (`lexicons/*.toml`) once and compiles them into a matcher and a vocabulary.

Knows the files' shape, not what a policy does with a finding. Adding a phrase is editing a file; adding a kind is
adding a file.
"""

import string
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.normalise import Vocabulary
from inference.safety.phrases import Matcher, PhraseError, steps

FOLDER = Path(__file__).parent / "lexicons"
SEVERITIES = ("none", "low", "moderate", "high", "imminent")
READS = ("self", "find", "any", "asker", "self_or_none")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a lexicon. `reads` says whose words count:

    self - the phrase names the speaker; find - look back for whom it is about; asker - a request, not a clinician's
    question; self_or_none - dropped when it is about somebody else; any - as it stands. `polar`: the phrases hold their
    own negation ("no reason to live"), so a negation before them denies nothing. `firm`: no
    idiom explains it away.
    """

    id: str
    kind: str
    severity: str
    why: str
    reads: str
    polar: bool
    firm: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every rule by number, the matcher that names those numbers, and what spelling may be mended towards."""

    rules: tuple[Rule, ...]
    matcher: Matcher
    vocabulary: Vocabulary
    classes: dict[str, frozenset[str]]
    negations: frozenset[str]
    barriers: frozenset[str]
    version: str


@cache
def lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read `folder`. Raises PhraseError naming the file and rule that cannot be read."""
    shared = tomllib.loads((folder / "words.toml").read_text(encoding="utf-8"))
    classes = {name: frozenset(members) for name, members in shared["classes"].items()}
    matcher = Matcher(frozenset(shared["barriers"]))
    rules: list[Rule] = []
    versions = [f"words {shared['version']}"]
    for path in sorted(folder.glob("*.toml")):
        if path.name == "words.toml":
            continue
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        versions.append(f"{path.stem} {data['version']}")
        for entry in data["rule"]:
            rules.append(_rule(entry, data["kind"], path.name))
            for phrase in entry["phrases"]:
                matcher.add(steps(phrase, classes), len(rules) - 1)
    known = matcher.vocabulary | set(shared["negations"])
    return Lexicon(
        rules=tuple(rules),
        matcher=matcher,
        vocabulary=_vocabulary(shared, frozenset(known)),
        classes=classes,
        negations=frozenset(shared["negations"]),
        barriers=frozenset(shared["barriers"]),
        version=", ".join(versions),
    )


def _rule(entry: dict[str, object], kind: str, file: str) -> Rule:
    severity, reads = str(entry["severity"]), str(entry["reads"])
    if severity not in SEVERITIES or reads not in READS:
        raise PhraseError(f"{file}: rule {entry['id']} has an unknown severity or reads")
    return Rule(
        id=f"{kind}.{entry['id']}",
        kind=kind,
        severity=severity,
        why=str(entry["why"]),
        reads=reads,
        polar=bool(entry.get("polar", False)),
        firm=bool(entry.get("firm", False)),
    )


def _vocabulary(shared: dict[str, object], known: frozenset[str]) -> Vocabulary:
    spellings = {wrong: tuple(right.split()) for wrong, right in shared["spellings"].items()}
    kept = known | frozenset(shared["not_fuzzy"])
    for word in shared["fuzzy"]:
        for near in _one_letter_away(word):
            if near not in kept:
                spellings.setdefault(near, (word,))
    return Vocabulary(known=known, spellings=spellings, censored=tuple(shared["censored"]))


def _one_letter_away(word: str) -> set[str]:
    """Every string one deletion, swap, exchange or insertion from `word` (about 50 a letter)."""
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = string.ascii_lowercase
    dropped = {a + b[1:] for a, b in halves if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    exchanged = {a + letter + b[1:] for a, b in halves if b for letter in letters}
    added = {a + letter + b for a, b in halves for letter in letters}
    return dropped | swapped | exchanged | added
