"""People's names by rule: what stands before them, titles, capitals that no ordinary word has, lists of names.

Knows about 5,000 given and 1,900 family names of many cultures and some 11,000 words that people write small; every
other capital inside a sentence is weighed by what stands around it. It cannot know that "Hope" is a friend or that an
unknown word is a town: a trained tagger beside it may (`find_pii`).
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.safety.pii.lists import sort_of
from inference.safety.pii.spans import Span
from inference.safety.pii.tokens import Token

_FILE = Path(__file__).parent / "names.toml"
_LONGEST = 6
WEAK = 0.5
"""The score of a capital that nothing but its being no ordinary word speaks for."""


@dataclass(frozen=True, slots=True)
class _Words:
    named: frozenset[tuple[str, ...]]
    likely: frozenset[tuple[str, ...]]
    titles: frozenset[str]
    capital_titles: frozenset[str]
    owners: frozenset[str]
    relations: frozenset[str]
    particles: frozenset[str]
    organisations: frozenset[str]
    before_place: frozenset[str]
    verbs: frozenset[str]


def _phrases(block: str) -> frozenset[tuple[str, ...]]:
    """Phrases as words, marks left out."""
    lines = block.replace("\n", "|").split("|")
    return frozenset(tuple(word.strip(",:?") for word in line.split()) for line in lines if line.strip())


@cache
def _words() -> _Words:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return _Words(
        named=_phrases(data["cue"]["named"]),
        likely=_phrases(data["cue"]["likely"]),
        titles=frozenset(data["title"]["words"].split()),
        capital_titles=frozenset(data["title"]["capital"].split()),
        owners=frozenset(data["relation"]["owners"].split()),
        relations=frozenset(data["relation"]["words"].split()),
        particles=frozenset(data["particle"]["words"].split()),
        organisations=frozenset(data["organisation"]["words"].split()),
        before_place=frozenset(data["place"]["before"].split()) | {data["place"]["from"]},
        verbs=frozenset(data["verb"]["words"].split()),
    )


def names(parts: Sequence[Token]) -> Iterator[Span]:
    """Every name in the text whose tokens are `parts`."""
    shouting = _shouting(parts)
    at = listed = 0
    while at < len(parts):
        if parts[at].kind != "word":
            at += 1
            continue
        stop, score, why = _name(parts, at, shouting)
        if not stop and _goes_on_in_list(parts, at, listed):
            stop, score, why = at + 1, 0.6, "stands in a list of names"
        if stop:
            yield Span("name", parts[at].start, parts[stop - 1].end, score, why)
            listed = stop
        at = max(stop, at + 1)


def _goes_on_in_list(parts: Sequence[Token], at: int, listed: int) -> bool:
    """Whether only a comma, "and" or "or" stand between a name that stopped at `listed` and an uncommon capital."""
    between = [part.lower for part in parts[listed:at]] if listed and at - listed < 3 else []
    joined = between in ([","], ["and"], ["or"], [",", "and"], ["&"])
    return (
        joined
        and parts[at].capital
        and not parts[at].shouted
        and sort_of(parts[at].lower) not in ("thing", "ordinary")
    )


def _shouting(parts: Sequence[Token]) -> bool:
    """Whether capitals say nothing here: more than half of several words are all in capitals."""
    written = [part for part in parts if part.kind == "word" and len(part.text) > 1]
    return len(written) > 2 and 2 * sum(part.shouted for part in written) > len(written)


def _name(parts: Sequence[Token], at: int, shouting: bool) -> tuple[int, float, str]:
    """Where a name that begins at `at` stops (0: none does), how sure, and why."""
    token = parts[at]
    if token.lower in _words().titles and _is_title(parts, at):
        return 0, 0.0, ""
    cue = _cue(parts, at)
    stop = _run(parts, at, cue, shouting)
    if not stop:
        return 0, 0.0, ""
    run = [part for part in parts[at:stop] if part.kind == "word"]
    if any(part.lower in _words().organisations for part in run) or _goes_on_as_organisation(parts, stop):
        return 0, 0.0, ""
    score, why = _weight(parts, at, stop, run, cue)
    return (stop, score, why) if score >= WEAK else (0, 0.0, "")


def _cue(parts: Sequence[Token], at: int) -> str:
    """What stands before `at`: "named" (says that a name comes), "title", "relation", "likely" or ""."""
    words = _words()
    back: list[str] = []
    here = at - 1
    while here >= 0 and len(back) < 5:
        token = parts[here]
        if token.kind == "word":
            back.append(token.spoken)
        elif token.kind in ("number", "taken") or token.text in ".!" and not _titled(parts, here, back):
            break
        here -= 1
    for length in range(len(back), 0, -1):
        phrase = tuple(reversed(back[:length]))
        if phrase in words.named:
            return "named"
    if back and back[0] in words.titles:
        return "title"
    if len(back) > 1 and back[0] in words.relations and set(back[1:4]) & words.owners:
        return "relation"
    for length in range(min(2, len(back)), 0, -1):
        if tuple(reversed(back[:length])) in words.likely:
            return "likely"
    return ""


def _titled(parts: Sequence[Token], dot: int, back: Sequence[str]) -> bool:
    """Whether the dot right before the word that is looked at ends a title."""
    return not back and dot > 0 and parts[dot - 1].lower in _words().titles


def _is_title(parts: Sequence[Token], at: int) -> bool:
    """A title before a name, or standing for one ("the Doctor"): itself no name."""
    return not parts[at].capital or at + 1 < len(parts)


def _fits(parts: Sequence[Token], at: int, cue: str, shouting: bool) -> bool:
    """Whether the word at `at` may begin a name."""
    token, known = parts[at], sort_of(parts[at].lower)
    if known in ("thing", "ordinary"):
        return cue == "named" and token.capital and known == "ordinary" and not shouting
    if token.shouted and (shouting or known == ""):
        return known in ("given", "family") or cue in ("named", "title") and known == ""
    if known == "place":
        return token.capital and (cue in ("named", "title", "relation") or _name_follows(parts, at))
    if token.capital:
        return (
            known != "word"
            or not _begins_sentence(parts, at)
            or cue != ""
            or _name_follows(parts, at)
            or _acts(parts, at + 1)
            or _speaks(parts, at, at + 1)
        )
    if known == "given":
        return True
    return cue in ("named", "title") and known in ("", "family") and len(token.text) > 2


def _name_follows(parts: Sequence[Token], at: int) -> bool:
    """Whether a capital that is no ordinary word, or an initial, comes next: "Grace Okafor", "Will T. Moss"."""
    follows = parts[at + 1] if at + 1 < len(parts) else None
    if follows is None or not follows.capital:
        return False
    return (
        sort_of(follows.lower) in ("given", "family", "") and follows.lower != "i" or _initial(parts, at + 1)
    )


def _initial(parts: Sequence[Token], at: int) -> bool:
    """One capital that stands for a name: "M." or the bare "M" before another capital; "I" needs its dot."""
    token = parts[at]
    if len(token.text) != 1 or not token.capital:
        return False
    dotted = at + 1 < len(parts) and parts[at + 1].text == "." and not parts[at + 1].gap
    return dotted or token.text != "I"


def _begins_sentence(parts: Sequence[Token], at: int) -> bool:
    """Whether a capital here says nothing: after a stop, a line's end, a colon or an opening quote, or at the start."""
    if at == 0:
        return True
    before = parts[at - 1]
    return (
        before.kind == "line"
        or before.text in '.!?:"“”*•-–—('
        and not (before.text == "." and at > 1 and parts[at - 2].lower in _words().titles)
    )


def _run(parts: Sequence[Token], at: int, cue: str, shouting: bool) -> int:
    """Where the run of a name's words that begins at `at` stops; 0 where none begins."""
    first = parts[at]
    if _in_a_code(parts, at):
        return 0
    if _initial(parts, at):
        if not _initialled(parts, at):
            return 0
    elif not _fits(parts, at, cue, shouting):
        return 0
    small = not first.capital
    stop = at + 1
    while stop < len(parts) and stop - at < _LONGEST:
        token = parts[stop]
        if token.text == "." and not token.gap and len(parts[stop - 1].text) == 1 and stop + 1 < len(parts):
            stop += 1
            continue
        if token.kind != "word" or not token.gap and parts[stop - 1].text != ".":
            break
        if token.start - parts[stop - 1].end > 3 or not _goes_on(parts, stop, small=small, cue=cue):
            break
        stop += 1
    while stop > at + 1 and (parts[stop - 1].lower in _words().particles or parts[stop - 1].text == "."):
        stop -= 1
    return stop


def _in_a_code(parts: Sequence[Token], at: int) -> bool:
    """Whether digits stand right before or after: letters of a number, not a word."""
    before, after = parts[at - 1] if at else None, parts[at + 1] if at + 1 < len(parts) else None
    return (before is not None and before.kind == "number" and not parts[at].gap) or (
        after is not None and after.kind == "number" and not after.gap
    )


def _initialled(parts: Sequence[Token], at: int) -> bool:
    """Initials that a name follows: "J. K. Abernathy"."""
    here = at
    while (
        here + 2 < len(parts)
        and here - at < _LONGEST
        and _initial(parts, here)
        and parts[here + 1].text == "."
    ):
        here += 2
    return (
        here > at
        and parts[here].capital
        and len(parts[here].text) > 1
        and sort_of(parts[here].lower) in ("given", "family", "")
    )


def _goes_on(parts: Sequence[Token], at: int, *, small: bool, cue: str) -> bool:
    """Whether the word at `at` belongs to the name that is open before it."""
    token, known = parts[at], sort_of(parts[at].lower)
    particles = _words().particles
    if token.lower in particles and at + 1 < len(parts):
        follows = parts[at + 1]
        return follows.lower in particles or (
            follows.capital if not small else sort_of(follows.lower) in ("family", "")
        )
    if _initial(parts, at):
        return at + 1 < len(parts) and (parts[at + 1].text == "." or parts[at + 1].capital)
    if small:
        one_letter = len(token.text) == 1 and token.lower not in "aiu" and at + 1 < len(parts)
        return not token.capital and (known in ("family", "given", "") and len(token.text) > 2 or one_letter)
    if token.shouted and known == "" and not parts[at - 1].shouted:
        return False
    return token.capital and known not in ("thing", "ordinary")


def _goes_on_as_organisation(parts: Sequence[Token], stop: int) -> bool:
    follows = parts[stop] if stop < len(parts) else None
    if follows is not None and follows.text == "&":
        return stop + 1 < len(parts) and parts[stop + 1].capital and not _known_name(parts[stop + 1])
    return follows is not None and follows.capital and follows.lower in _words().organisations


def _known_name(token: Token) -> bool:
    return sort_of(token.lower) in ("given", "family")


def _weight(parts: Sequence[Token], at: int, stop: int, run: Sequence[Token], cue: str) -> tuple[float, str]:
    """How sure a run of words is a name, and why."""
    kinds = [sort_of(part.lower) for part in run]
    if cue in ("named", "title"):
        return 0.95, "follows words that introduce a name" if cue == "named" else "follows a title"
    if cue == "relation" and (run[0].capital or "given" in kinds):
        return 0.95, "follows the word for somebody close"
    if "given" in kinds:
        return (0.9 if run[0].capital else 0.75), "is a given name"
    if len(run) > 1 and ("word" in kinds or "family" in kinds or any(len(part.text) == 1 for part in run)):
        return 0.85, "has the form of a full name"
    placed = _after_place(parts, at)
    if "family" in kinds:
        return (0.3 if placed and run[0].shouted else 0.55 if placed else 0.8), "is a family name"
    if cue == "likely":
        return 0.75, "follows words that often introduce a name"
    if placed and not (kinds == ["word"] and parts[at - 1].lower == "to"):
        return 0.3, "rather a place"
    return _alone(parts, at, stop, run, kinds)


def _after_place(parts: Sequence[Token], at: int) -> bool:
    """Whether a preposition of place stands right before."""
    return at > 0 and parts[at - 1].lower in _words().before_place


def _acts(parts: Sequence[Token], at: int) -> bool:
    """Whether the word at `at` is what people do."""
    return at < len(parts) and parts[at].kind == "word" and parts[at].lower in _words().verbs


def _heads_list(parts: Sequence[Token], at: int) -> bool:
    """Whether a comma or "and", then a name that the lists know, comes next."""
    return (
        at + 1 < len(parts)
        and parts[at].lower in (",", "and", "&")
        and parts[at + 1].capital
        and sort_of(parts[at + 1].lower) in ("given", "family")
    )


def _speaks(parts: Sequence[Token], at: int, stop: int) -> bool:
    """Whether a colon and a quote come next on a line that begins here: a name in a written dialogue."""
    if at and parts[at - 1].kind != "line" or stop + 1 >= len(parts) or parts[stop].text != ":":
        return False
    return parts[stop + 1].text in "\"“'‘"


def _alone(
    parts: Sequence[Token], at: int, stop: int, run: Sequence[Token], kinds: Sequence[str]
) -> tuple[float, str]:
    """Unknown words with capitals that no cue explains."""
    follows = parts[stop] if stop < len(parts) else None
    acts = _acts(parts, stop)
    if _begins_sentence(parts, at):
        if _speaks(parts, at, stop):
            return 0.6, "stands before what somebody says"
        if _heads_list(parts, stop):
            return 0.6, "stands in a list of names"
        if len(run) > 1 and len(run) < 4 and (follows is None or follows.kind == "line" or acts):
            return 0.6, "has the form of a full name"
        if acts or follows is not None and follows.text == "," and at == 0:
            return WEAK, "does what people do"
        return 0.3, "begins a sentence"
    if kinds == ["word"]:
        return 0.6, "is a name written with a capital inside a sentence"
    if len(run) > 3:
        return 0.4, "many capitals, rather a title"
    return WEAK + 0.1 * (len(run) > 1), "has a capital and is no ordinary word"
