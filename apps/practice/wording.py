"""Which of the author's lines says what the client does: the one that answers best, unused in this branch.

Chooses; it never changes a word and never fails while the case has a line. What the client does is decided already.
A line that would be a non sequitur gives way to one of another act of the same family of talk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from apps.practice.draws import Draws
from apps.practice.dynamics import Reaction
from apps.scenarios.case import BANDS, Case, Line, Opening
from apps.scenarios.moments import LIKE_A_REFLECTION
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
_MOST_SHARED_WORDS = 2
_FRESH_TURNS = 3
_TELLING = "disclose"


@dataclass(frozen=True)
class SpokenLine:
    """An authored line to be shown. `id` goes into the branch's memory; `cue` is the author's cue or empty."""

    id: str
    text: str
    cue: str


@dataclass(frozen=True)
class _Scene:
    """What a line is measured against. `said`: the topic of the client's last line; `fresh`: gates told in the last
    turns."""

    reaction: Reaction
    words: frozenset[str]
    said: str = ""
    fresh: frozenset[str] = frozenset()


def authored_line(case: Case, reaction: Reaction, *, text: str, used: Sequence[str], seed: int) -> SpokenLine:
    """The best line for this reaction to the therapist's `text`; `used` are the ids spoken in this branch, in order.

    A line comes twice only once every line of its family of talk was spoken, never twice running while there are two.
    """
    draws = Draws(case.dynamics, seed, reaction.n)
    if reaction.gate is not None:
        return _gate_line(reaction, used, draws)
    scene = _Scene(
        reaction=reaction,
        words=_stems(text),
        said=_topic_of(case, used[-1]) if used else "",
        fresh=frozenset(name.split(".")[1] for name in used[-_FRESH_TURNS:] if name.startswith("gate.")),
    )

    def fit(line: Line) -> tuple[float, float]:
        return _fit(line, scene), draws.unit(line.id)

    line = max(_candidates(case, reaction, used), key=fit)
    return SpokenLine(line.id, line.text, line.cue)


def opening_line(case: Case, *, seed: int) -> Opening:
    """What the client says first, chosen by the seed."""
    draws = Draws(case.dynamics, seed, 0)
    return max(case.openings, key=lambda opening: draws.unit(opening.id))


def voice_examples(case: Case, reaction: Reaction, *, text: str, most: int) -> tuple[str, ...]:
    """Up to `most` lines of this act that fit best: how this client sounds when doing it. For a model's prompt."""
    scene = _Scene(reaction, _stems(text))
    same = [line for line in case.lines if line.act == reaction.act] or list(case.lines)
    sayable = [line for line in same if _sayable(case, line, reaction)] or same
    best = sorted(sayable, key=lambda line: _fit(line, scene), reverse=True)
    return tuple(line.text for line in best[:most])


def _candidates(case: Case, reaction: Reaction, used: Sequence[str]) -> list[Line]:
    """The first of these wishes that some line meets; the last one always can be met."""
    spoken = set(used)
    family = acts()[reaction.act].talk
    last = used[-1] if used else ""
    wishes: tuple[Callable[[Line], bool], ...] = (
        lambda line: line.id not in spoken and _sayable(case, line, reaction) and _of_family(line, reaction),
        lambda line: line.act == reaction.act and line.id != last and _sayable(case, line, reaction),
        lambda line: acts()[line.act].talk == family and line.id != last,
        lambda line: line.id not in spoken,
    )
    for wish in wishes:
        if found := [line for line in case.lines if wish(line)]:
            return _least_spoken(found, used)
    return list(case.lines)


def _sayable(case: Case, line: Line, reaction: Reaction) -> bool:
    """Whether it is true by now, answers this moment, and is about nothing that only its own turn may be about."""
    told = reaction.memory.told
    if line.until in told or (line.since and line.since not in told):
        return False
    if line.to and (reaction.heard.moment is None or reaction.heard.moment.id not in line.to):
        return False
    named = line.about in reaction.heard.topics
    return named or all(topic.carries for topic in case.topics if topic.id == line.about)


def _of_family(line: Line, reaction: Reaction) -> bool:
    """Of the act's family of talk; something private stands in for no other act."""
    if line.act == _TELLING and reaction.act != _TELLING and not line.to and not line.since:
        return False
    return acts()[line.act].talk == acts()[reaction.act].talk


def _least_spoken(lines: list[Line], used: Sequence[str]) -> list[Line]:
    fewest = min(used.count(line.id) for line in lines)
    return [line for line in lines if used.count(line.id) == fewest]


def _fit(line: Line, scene: _Scene) -> float:
    reaction = scene.reaction
    shared = min(_MOST_SHARED_WORDS, len(_stems(line.text) & scene.words))
    return (
        _near(line.band, reaction.band)
        + _about(line.about, reaction, scene.said)
        + _answers(line.after, reaction)
        + _asked(line, reaction)
        + _refers_back(line, scene)
        + 0.6 * shared
        - (0 if line.act == reaction.act else 6)
    )


def _near(line_band: str, band: str) -> float:
    if line_band == "any":
        return 2
    distance = abs(BANDS.index(line_band) - BANDS.index(band))
    return (3, 0, -7)[distance]


def _about(about: str, reaction: Reaction, said: str) -> float:
    """A topic named in this turn binds the answer; one carried over only leans towards it; any other is a leap."""
    named = reaction.heard.topics
    if not about:
        return 0.5 if named else 1.5
    if about in reaction.topics:
        return 2 if not named else 5 if about == reaction.topics[0] else 4
    if named:
        return -5
    return 0.5 if about == said else -2.5


def _answers(after: Collection[str], reaction: Reaction) -> float:
    """Words that no code fits were still words, and are answered like what they are most like."""
    if not after:
        return 0
    heard, moment = reaction.heard.codes, reaction.heard.moment
    if heard and not reaction.heard.wordless:
        return 2 if reaction.heard.lead in after else 1 if heard & set(after) else -5.5
    like = moment.like if moment else LIKE_A_REFLECTION
    return 2 if like & set(after) else -5.5


def _asked(line: Line, reaction: Reaction) -> float:
    """A line written for what was asked comes before one that is only on the topic."""
    moment = reaction.heard.moment
    if moment is None:
        return 0
    return 6 if line.to and moment.acts else 1 if line.to else -3.5 if moment.acts else 0


def _refers_back(line: Line, scene: _Scene) -> float:
    """What was just told is on the client's mind; later it comes up where the talk comes near it."""
    if not line.since:
        return 0
    if line.since in scene.fresh:
        return 7
    return 1 if line.about in scene.reaction.topics else -1


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


def _stems(text: str) -> frozenset[str]:
    """Words that carry meaning, cut to six letters so that forms of a word meet."""
    words = _WORD.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return frozenset(word[:6] for word in words if word not in _COMMON)
