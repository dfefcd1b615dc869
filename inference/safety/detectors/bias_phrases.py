"""The words layer of the bias detector: finds remarks of `bias_phrases.toml`, and leaves those given back or refuted.

Knows phrases and what stands around them in one sentence. Naming a group is no remark. Linear in the length of the
text.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.lexicon import lexicon
from inference.safety.normalise import Word, words
from inference.safety.phrases import Matcher, steps

FILE = Path(__file__).parent / "bias_phrases.toml"
BARRIERS = frozenset({"but", "although", "however", "not", "never"})
"""Words that no gap of a phrase reaches over."""
LOOK_BACK = 12
"""Words before a remark in which somebody else's saying it is looked for."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark: `rule` of the file, `kind`, alert `level`, and where it stands in the text."""

    rule: str
    kind: str
    level: str
    why: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Phrases:
    matcher: Matcher
    rules: tuple[Mapping[str, str], ...]
    frames: tuple[str, ...]
    version: str


@cache
def _phrases() -> _Phrases:
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    classes = {name: frozenset(members) for name, members in data["classes"].items()}
    matcher = Matcher(BARRIERS)
    for number, rule in enumerate(data["rule"]):
        for phrase in rule["phrases"]:
            matcher.add(steps(phrase, classes), number)
    frames = tuple(data["around"])
    for at, frame in enumerate(frames):
        for phrase in data["around"][frame]:
            matcher.add(steps(phrase, classes), len(data["rule"]) + at)
    return _Phrases(matcher, tuple(data["rule"]), frames, str(data["version"]))


def phrases_version() -> str:
    return f"bias phrases {_phrases().version}"


def remarks(text: str) -> list[Remark]:
    """The remarks of a text, one a rule, in the order of their first words. Offsets are characters of `text`."""
    known = _phrases()
    message = words(text, lexicon().vocabulary)
    found: list[tuple[int, int, int]] = []
    frames: dict[str, list[tuple[int, int]]] = {}
    for number, first, stop in known.matcher.matches(message):
        if number < len(known.rules):
            found.append((number, first, stop))
        else:
            frames.setdefault(known.frames[number - len(known.rules)], []).append((first, stop))
    stated: dict[int, Remark] = {}
    for number, first, stop in found:
        if number not in stated and not _somebody_elses(message, first, stop, frames):
            rule = known.rules[number]
            stated[number] = Remark(
                rule["id"],
                rule["kind"],
                rule["level"],
                rule["why"],
                message[first].start,
                message[stop - 1].end,
            )
    return sorted(stated.values(), key=lambda remark: (remark.start, remark.rule))


def _somebody_elses(
    message: Sequence[Word], first: int, stop: int, frames: Mapping[str, Sequence[tuple[int, int]]]
) -> bool:
    """Quoted, reported of somebody, or spoken against in the same sentence."""
    if message[first].quoted:
        return True
    sentence = message[first].sentence
    if any(
        message[at].sentence == sentence and not (first <= at and end <= stop)
        for at, end in frames.get("against", ())
    ):
        return True
    own = {at for start, end in frames.get("says_it_themselves", ()) for at in range(start, end)}
    return any(
        at < first and end <= stop and first - at <= LOOK_BACK and message[at].sentence == sentence
        for at, end in frames.get("reported", ())
        if not own & set(range(at, end))
    )
