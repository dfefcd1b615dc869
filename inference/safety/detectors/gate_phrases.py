"""The words layer of the content gates: which rules of `gate_phrases.toml` a text meets, and where.

Knows phrases and what stands around them in one sentence: quotes, reports, what is given back, denials. Not what was
said before, nor what to do about it. Linear in the length of the text.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.lexicon import lexicon
from inference.safety.normalise import Vocabulary, Word, words
from inference.safety.phrases import Matcher, PhraseError, steps

FILE = Path(__file__).parent / "gate_phrases.toml"
LOOK_BACK = 10
"""Words before a phrase in which it is looked for whose words these are."""
_NEGATION_BACK = 3
_READS = ("any", "said", "order", "crisis")
_CENSORED = (
    "fuck",
    "fucking",
    "fucked",
    "shit",
    "bullshit",
    "bitch",
    "cunt",
    "asshole",
    "bastard",
    "faggot",
    "nigger",
)


@dataclass(frozen=True, slots=True)
class Meets:
    """One rule that a text meets: `gate`, its `severity` for the speaker, why, where, and whether it counts only after
    a disclosure."""

    rule: str
    gate: str
    severity: str
    why: str
    start: int
    end: int
    after_crisis: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    reads: str
    why: str
    severity: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Phrases:
    matcher: Matcher
    rules: tuple[_Rule, ...]
    frames: tuple[str, ...]
    told_of: frozenset[str]
    asking: frozenset[str]
    vocabulary: Vocabulary
    version: str


@cache
def _phrases() -> _Phrases:
    """The compiled file. Raises PhraseError naming what cannot be read."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    classes = {name: frozenset(members) for name, members in data["classes"].items()}
    matcher = Matcher(frozenset({"but", "however", "although", "not", "never"}))
    rules: list[_Rule] = []
    for entry in data["rule"]:
        if entry["reads"] not in _READS:
            raise PhraseError(f"rule {entry['id']} has an unknown reads")
        for phrase in entry["phrases"]:
            matcher.add(steps(phrase, classes), len(rules))
        rules.append(_Rule(entry["id"], entry["reads"], entry["why"], entry["severity"]))
    frames = tuple(data["around"])
    for at, frame in enumerate(frames):
        for phrase in data["around"][frame]:
            matcher.add(steps(phrase, classes), len(rules) + at)
    shared = lexicon().vocabulary
    vocabulary = Vocabulary(
        known=shared.known | matcher.vocabulary,
        spellings=shared.spellings,
        censored=(*_CENSORED, *shared.censored),
    )
    told_of, asking = (frozenset(data["before"][name]) for name in ("told_of", "asking"))
    return _Phrases(matcher, tuple(rules), frames, told_of, asking, vocabulary, str(data["version"]))


def gate_phrases_version() -> str:
    return f"gate phrases {_phrases().version}"


def met(text: str, speaker: str) -> list[Meets]:
    """The rules that `text` meets when `speaker` says it, one each, in the order of the file. Offsets are characters of
    `text`; never raises for any text."""
    known = _phrases()
    message = words(text, known.vocabulary)
    frames: dict[str, list[tuple[int, int]]] = {}
    matched: list[tuple[_Rule, int, int]] = []
    for number, first, stop in known.matcher.matches(message):
        if number >= len(known.rules):
            frames.setdefault(known.frames[number - len(known.rules)], []).append((first, stop))
        elif speaker in known.rules[number].severity:
            matched.append((known.rules[number], first, stop))
    stated: dict[str, Meets] = {}
    for rule, first, stop in matched:
        if rule.id in stated or rule.reads != "any" and _not_meant(message, first, stop, rule, frames):
            continue
        stated[rule.id] = Meets(
            rule.id,
            rule.id.partition(".")[0],
            rule.severity[speaker],
            rule.why,
            message[first].start,
            message[stop - 1].end,
            rule.reads == "crisis",
        )
    order = [rule.id for rule in known.rules]
    return sorted(stated.values(), key=lambda each: order.index(each.rule))


def _not_meant(
    message: Sequence[Word],
    first: int,
    stop: int,
    rule: _Rule,
    frames: Mapping[str, Sequence[tuple[int, int]]],
) -> bool:
    """Quoted, reported, given back, denied or asked; for an order: told of somebody."""
    if message[first].quoted:
        return True
    known = _phrases()
    sentence = message[first].sentence
    earlier = [word.text for word in message[max(0, first - LOOK_BACK) : first] if word.sentence == sentence]
    near = earlier[-_NEGATION_BACK:]
    if lexicon().negations & set(near):
        return True
    before = earlier[-1] if earlier else ""
    if (
        rule.reads == "order"
        and before in known.told_of
        or message[first].text == "you"
        and before in known.asking
    ):
        return True
    if any(
        at < first and end <= first + 1 and first - at <= LOOK_BACK and message[at].sentence == sentence
        for at, end in frames.get("reported", ())
    ):
        return True
    return any(
        message[at].sentence == sentence and not (first <= at and end <= stop)
        for at, end in frames.get("against", ())
    )
