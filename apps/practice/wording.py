"""Which of the author's lines says what the client does: the one that fits the moment best, unused in this branch.

Chooses; it never changes a word and never fails while the case has a line. What the client does is decided already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from apps.practice.draws import Draws
from apps.practice.dynamics import Reaction
from apps.scenarios.case import BANDS, NO_CODE, Case, Line, Opening
from inference.vocabulary import acts

_WORD = re.compile(r"[a-z']{4,}")
# fmt: off
_COMMON = frozenset([
    "about", "again", "also", "been", "because", "before", "being", "could", "does", "doing", "don't", "down",
    "else", "even", "every", "feel", "feeling", "from", "going", "have", "having", "here", "i'll", "i'm",
    "into", "it's", "just", "know", "like", "little", "make", "maybe", "mean", "more", "much", "need", "only",
    "other", "over", "people", "really", "right", "said", "says", "seem", "seems", "should", "some",
    "something", "sound", "sounds", "still", "sure", "talk", "tell", "than", "that", "that's", "them", "then",
    "there", "there's", "these", "they", "thing", "things", "think", "this", "those", "time", "told", "very",
    "want", "wants", "well", "were", "what", "what's", "when", "where", "which", "while", "will", "with",
    "would", "you'd", "you'll", "you're", "you've", "your",
])
# fmt: on
_MOST_SHARED_WORDS = 3


@dataclass(frozen=True)
class SpokenLine:
    """An authored line to be shown. `id` goes into the branch's memory; `cue` is the author's cue or empty."""

    id: str
    text: str
    cue: str


def authored_line(case: Case, reaction: Reaction, *, text: str, used: Sequence[str], seed: int) -> SpokenLine:
    """The best line for this reaction to the therapist's `text`; `used` are the ids spoken in this branch, in order.

    A line comes twice only once every line of its family of talk was spoken, never twice running while there are two.
    """
    draws = Draws(case.dynamics, seed, reaction.n)
    if reaction.gate is not None:
        return _gate_line(reaction, used, draws)
    said = _topic_of(case, used[-1]) if used else ""
    words = _stems(text)

    def fit(line: Line) -> tuple[float, float]:
        return _fit(line, reaction, said=said, words=words), draws.unit(line.id)

    line = max(_candidates(case, reaction, used), key=fit)
    return SpokenLine(line.id, line.text, line.cue)


def opening_line(case: Case, *, seed: int) -> Opening:
    """What the client says first, chosen by the seed."""
    draws = Draws(case.dynamics, seed, 0)
    return max(case.openings, key=lambda opening: draws.unit(opening.id))


def voice_examples(case: Case, reaction: Reaction, *, text: str, most: int) -> tuple[str, ...]:
    """Up to `most` lines of this act that fit best: how this client sounds when doing it. For a model's prompt."""
    words = _stems(text)
    same = [line for line in case.lines if line.act == reaction.act] or list(case.lines)
    best = sorted(same, key=lambda line: _fit(line, reaction, said="", words=words), reverse=True)
    return tuple(line.text for line in best[:most])


def _candidates(case: Case, reaction: Reaction, used: Sequence[str]) -> list[Line]:
    """The first of these wishes that some line meets; the last one always can be met."""
    spoken = set(used)
    family = acts()[reaction.act].talk
    wishes: tuple[Callable[[Line], bool], ...] = (
        lambda line: (
            line.act == reaction.act and line.id not in spoken and _near(line.band, reaction.band) >= 0
        ),
        lambda line: line.act == reaction.act and line.id not in spoken,
        lambda line: acts()[line.act].talk == family and line.id not in spoken and line.act != "disclose",
        lambda line: line.act == reaction.act and line.id != used[-1],
        lambda line: acts()[line.act].talk == family and line.id != used[-1],
        lambda line: line.id not in spoken,
    )
    for wish in wishes:
        if found := [line for line in case.lines if wish(line)]:
            return _least_spoken(found, used)
    return list(case.lines)


def _least_spoken(lines: list[Line], used: Sequence[str]) -> list[Line]:
    fewest = min(used.count(line.id) for line in lines)
    return [line for line in lines if used.count(line.id) == fewest]


def _fit(line: Line, reaction: Reaction, *, said: str, words: Collection[str]) -> float:
    shared = min(_MOST_SHARED_WORDS, len(_stems(line.text) & set(words)))
    return (
        _near(line.band, reaction.band)
        + _about(line.about, reaction, said)
        + _answers(line.after, reaction)
        + 0.8 * shared
    )


def _near(line_band: str, band: str) -> float:
    if line_band == "any":
        return 2
    distance = abs(BANDS.index(line_band) - BANDS.index(band))
    return (3, 0, -4)[distance]


def _about(about: str, reaction: Reaction, said: str) -> float:
    """A topic named in this turn binds the answer; one carried over from before only leans towards it."""
    if not about:
        return 0.5 if reaction.heard.topics else 1
    if about in reaction.topics:
        if not reaction.heard.topics:
            return 2
        return 5 if about == reaction.topics[0] else 4
    if reaction.heard.topics:
        return -4
    return 1.5 if about == said else -1.5


def _answers(after: Collection[str], reaction: Reaction) -> float:
    if not after:
        return 0
    heard = reaction.heard.codes or {NO_CODE}
    if reaction.heard.lead in after:
        return 2
    return 1 if heard & set(after) else -2


def _topic_of(case: Case, line_id: str) -> str:
    return next((line.about for line in case.lines if line.id == line_id), "")


def _gate_line(reaction: Reaction, used: Sequence[str], draws: Draws) -> SpokenLine:
    gate = reaction.gate
    if gate is None:
        raise ValueError("there is nothing to tell")
    ids = [f"gate.{gate.id}.{index}" for index in range(len(gate.lines))]
    unused = [index for index, line_id in enumerate(ids) if line_id not in used] or list(range(len(ids)))
    index = max(unused, key=lambda index: draws.unit(ids[index]))
    return SpokenLine(ids[index], gate.lines[index], "")


def _stems(text: str) -> set[str]:
    """Words that carry meaning, cut to six letters so that forms of a word meet."""
    words = _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return {word[:6] for word in words if word not in _COMMON}
