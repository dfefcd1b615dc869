"""The lexical crisis screen: reads one message and states what it finds, without torch and without deciding anything.

It is one of two independent layers and a screen, not an assessment: it knows phrases, their surroundings and the
writer's own recent messages, not what somebody means. Linear in the length of the text; everything is recomputed
from the words, nothing is kept or logged.

A finding's `score` is its severity on this screen's own scale, unvalidated by a clinician: low .25 (may hint), moderate
.5 (wishes, thoughts), high .75 (a way, plan, intention or attempt), imminent .95 (under way or means at hand). A
denied, long past, invented or jokingly exaggerated mention is low; taking it back afterwards changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inference.contracts import Finding
from inference.safety.context import Frames, Reading, read
from inference.safety.lexicon import SEVERITIES, Lexicon, Rule, lexicon
from inference.safety.normalise import Word, words

VERSION = "screen 1"
SCORES = {"none": 0.0, "low": 0.25, "moderate": 0.5, "high": 0.75, "imminent": 0.95}
CRISIS_KINDS = (
    "suicidal",
    "self_harm",
    "psychosis",
    "agitation",
    "substance",
    "depression",
    "panic",
    "violence",
    "abuse",
)
KINDS = frozenset({*CRISIS_KINDS, "method_request", "about_me"})
"""Every kind that this screen states."""
MAX_FINDINGS = 20
"""Findings returned for one message: the gravest of each rule first."""
HINTS_THAT_ADD_UP = 2
"""Hints at not wanting to live in one message that together count as moderate (own judgement)."""
HISTORY_MESSAGES = 6
HISTORY_CHARACTERS = 4_000
"""How much of the writer's own earlier messages is looked at: the last six, the last 4,000 characters of each."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What one message holds. `about_self`: a plain first-person disclosure, not asked, quoted, past or invented.
    `idiom`: an everyday phrase with a grave word in it ("killing time"), and nothing else that is grave."""

    findings: tuple[Finding, ...]
    about_self: bool
    version: str
    idiom: bool = False

    @property
    def severity(self) -> str:
        """The gravest severity of a crisis kind in the message; a request for methods is not one."""
        return severity_of(max((f.score for f in self.findings if f.kind in CRISIS_KINDS), default=0.0))

    @property
    def kind(self) -> str:
        """The kind of the gravest finding, the order of CRISIS_KINDS breaking ties; "none" without one."""
        ranked = [f for f in self.findings if f.kind in CRISIS_KINDS]
        if not ranked:
            return "none"
        return min(ranked, key=lambda f: (-f.score, CRISIS_KINDS.index(f.kind))).kind


_ABOUT_ME = Rule("frame.about_me", "about_me", "low", "", "any", polar=False, firm=False)


def severity_of(score: float) -> str:
    """Name the severity a score stands for."""
    return max((name for name in SEVERITIES if SCORES[name] <= score), key=SEVERITIES.index)


def screen(text: str, *, history: Sequence[str] = ()) -> Screening:
    """Screen one message. `history`: the same writer's earlier messages, oldest first.

    Offsets of findings are characters of `text`. Never raises for any text.
    """
    lex = lexicon()
    found, harmless = _sightings(text, lex)
    earlier = _earlier_kinds(history, lex)
    findings = _weighed(found, earlier)
    about_self = any(_disclosed(sighting) for sighting in found)
    return Screening(
        findings=tuple(findings[:MAX_FINDINGS]),
        about_self=about_self,
        version=f"{VERSION}; {lex.version}",
        idiom=harmless and not findings,
    )


@dataclass(frozen=True, slots=True)
class _Sighting:
    rule: Rule
    severity: str
    why: str
    start: int
    end: int
    reading: Reading


def _sightings(text: str, lex: Lexicon) -> tuple[list[_Sighting], bool]:
    """What is in a text, and whether any harmless phrase is."""
    message = words(text, lex.vocabulary)
    frames = Frames()
    signals: list[tuple[int, int, int]] = []
    harmless: list[tuple[int, int]] = []
    for number, first, stop in lex.matcher.matches(message):
        rule = lex.rules[number]
        if rule.kind == "frame":
            frames.add(rule.id.removeprefix("frame."), first, stop, message[first].sentence)
        elif rule.kind == "harmless":
            harmless.append((first, stop))
        else:
            signals.append((number, first, stop))
    idle = _covered(harmless)
    found = []
    for number, first, stop in signals:
        if lex.rules[number].firm or not _harmless(first, stop, idle):
            sighting = _sighting(lex.rules[number], message, first, stop, frames=frames, lex=lex)
            if sighting is not None:
                found.append(sighting)
    own = _about_me(message, frames, lex)
    return [*found, own] if own is not None else found, bool(harmless)


def _covered(spans: Sequence[tuple[int, int]]) -> dict[int, int]:
    """For every word inside a harmless phrase, where the longest such phrase ends."""
    reach: dict[int, int] = {}
    for first, stop in spans:
        for at in range(first, stop):
            reach[at] = max(stop, reach.get(at, 0))
    return reach


def _harmless(first: int, stop: int, idle: dict[int, int]) -> bool:
    """Half the words belong to a harmless phrase, or one goes on where these end ("cut | costs")."""
    inside = sum(at in idle for at in range(first, stop))
    return inside * 2 >= stop - first or idle.get(stop - 1, 0) > stop


def _sighting(
    rule: Rule, message: Sequence[Word], first: int, stop: int, *, frames: Frames, lex: Lexicon
) -> _Sighting | None:
    reading = read(message, first, stop, frames=frames, lexicon=lex)
    if rule.reads == "asker" and not _asks(message, first, stop, lex):
        return None
    if rule.reads == "self_or_none" and reading.subject in ("other", "you"):
        return None
    severity, why = _softened(rule, reading)
    if severity == "none":
        return None
    return _Sighting(rule, severity, why, message[first].start, message[stop - 1].end, reading)


def _softened(rule: Rule, reading: Reading) -> tuple[str, str]:
    """Apply what surrounds a phrase. A request for methods is never softened: refused whatever the story."""
    if rule.kind == "method_request":
        return rule.severity, rule.why
    if reading.negated and not rule.polar:
        serious = rule.kind in ("suicidal", "self_harm", "violence") and rule.severity != "low"
        return ("low" if serious else "none"), f"{rule.why}, denying it"
    if rule.severity == "low":
        return ("none" if reading.fiction or reading.hyperbole else "low"), rule.why
    if reading.hyperbole:
        return "low", f"{rule.why}, in exaggeration"
    told = reading.quoted or reading.subject in ("other", "unsaid")
    if reading.fiction and told and rule.kind not in ("psychosis", "abuse"):
        return "low", f"{rule.why}, in a story or report"
    if reading.past and rule.kind != "abuse":
        return "low", f"{rule.why}, long ago"
    if rule.kind == "suicidal" and rule.reads != "self" and reading.subject == "you":
        return "low", f"{rule.why}, of the person spoken to"
    if reading.subject == "other" and rule.kind != "abuse":
        return _at_most(rule.severity, "high"), f"{rule.why}, of somebody else"
    return rule.severity, rule.why


def _at_most(severity: str, most: str) -> str:
    return min(severity, most, key=SEVERITIES.index)


def _asks(message: Sequence[Word], first: int, stop: int, lex: Lexicon) -> bool:
    """Tell a request from a clinician's question: "have you thought how to ..." is addressed and asks for no answer."""
    sentence = message[first].sentence
    for at in range(first - 1, max(-1, first - 12), -1):
        word = message[at]
        if word.sentence != sentence or word.text in ("i", "me", "us"):
            return True
        if word.text in lex.classes["you"]:
            return any(later.text in lex.classes["ask"] for later in message[at + 1 : stop])
    return True


def _about_me(message: Sequence[Word], frames: Frames, lex: Lexicon) -> _Sighting | None:
    """ "This is about me", unless it is denied, quoted or what the client is said to think."""
    covered = sorted(frames.covered.get("about_me", ()))
    if not covered:
        return None
    first = covered[0]
    before = {
        word.text for word in message[max(0, first - 4) : first] if word.sentence == message[first].sentence
    }
    if message[first].quoted or before & (lex.negations | lex.classes["you"] | {"if", "think"}):
        return None
    reading = Reading("self", False, False, False, False, False, False, False)
    why = "says outright that it is about themselves"
    return _Sighting(_ABOUT_ME, "low", why, message[first].start, message[first].end, reading)


def _earlier_kinds(history: Sequence[str], lex: Lexicon) -> set[str]:
    """Kinds that the writer's recent messages stated at least at moderate severity."""
    recent = [message[-HISTORY_CHARACTERS:] for message in history[-HISTORY_MESSAGES:]]
    return {
        sighting.rule.kind
        for message in recent
        for sighting in _sightings(message, lex)[0]
        if SEVERITIES.index(sighting.severity) >= SEVERITIES.index("moderate")
    }


def _weighed(found: Sequence[_Sighting], earlier: set[str]) -> list[Finding]:
    """One finding a rule (its gravest, then its first), raised where hints add up, gravest first."""
    best: dict[str, _Sighting] = {}
    for sighting in found:
        kept = best.get(sighting.rule.id)
        if kept is None or SEVERITIES.index(sighting.severity) > SEVERITIES.index(kept.severity):
            best[sighting.rule.id] = sighting
    hints = _apart([(s.start, s.end) for s in found if s.rule.id == "suicidal.hints" and s.severity == "low"])
    findings = []
    for sighting in best.values():
        severity, why = sighting.severity, sighting.why
        hint = severity == "low" and sighting.rule.kind in ("suicidal", "self_harm")
        if hint and ("suicidal" in earlier or "self_harm" in earlier):
            severity, why = "moderate", f"{why}, after an earlier disclosure"
        elif sighting.rule.id == "suicidal.hints" and hints >= HINTS_THAT_ADD_UP:
            severity, why = "moderate", "several hints at not wanting to live"
        findings.append(
            Finding(
                kind=sighting.rule.kind,
                score=SCORES[severity],
                why=why,
                start=sighting.start,
                end=sighting.end,
                detector=f"screen.{sighting.rule.id}",
                version=VERSION,
            )
        )
    return sorted(findings, key=lambda f: (-f.score, f.start or 0, f.detector))


def _apart(spans: Sequence[tuple[int, int]]) -> int:
    """How many spans there are, those that overlap counted once."""
    count, reached = 0, -1
    for start, end in sorted(spans):
        count += start >= reached
        reached = max(reached, end)
    return count


def _disclosed(sighting: _Sighting) -> bool:
    """A careful reading: the writer, plainly and in the present, at moderate severity or above."""
    reading = sighting.reading
    return (
        sighting.rule.kind in ("suicidal", "self_harm", "violence", "abuse")
        and SEVERITIES.index(sighting.severity) >= SEVERITIES.index("moderate")
        and reading.subject == "self"
        and not (
            reading.quoted or reading.reported or reading.fiction or reading.conditional or reading.negated
        )
    )
