"""Crisis in a message and in the conversation before it: what the heads read beside what the lexical screen finds.

The two layers are taken together, either may raise an alarm, and whether they agree is said. A severity is the gravest
that the head holds likely enough; `thresholds.toml` says how likely. Knows one conversation, and of its earlier
messages only the words: the heads read the last one. States facts; policy decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.contracts import Finding, Label, Speaker
from inference.safety.detectors.advice import crisis_actions
from inference.safety.detectors.given import Detected, Given, Reading
from inference.safety.detectors.thresholds import thresholds, thresholds_version
from inference.safety.lexicon import SEVERITIES
from inference.safety.screen import CRISIS_KINDS, HISTORY_MESSAGES, SCORES, Screening, screen

NAME = "crisis"
VERSION = f"crisis 2; {thresholds_version()}"
HEAD, ESCALATION = "head.crisis", "crisis.escalation"
KIND, SEVERITY, TIMELINE, PROTECTIVE = "crisis.kind", "crisis.severity", "crisis.timeline", "protective"
ALARM = "moderate"
"""The severity from which a message alarms."""
HINTS_OVER_TURNS = 3
"""Own messages with a hint at not wanting to live, the last one among them, that together count as moderate (own
judgement; within one message the screen asks for two)."""
IDIOM_WORDS = 12
"""A message of at most so many words, all of whose grave words the screen knows as an everyday phrase ("cut it out"),
alarms only where the heads are as good as certain: they learned from sentences and misjudge scraps."""
_HINT = "screen.suicidal.hints"
_OF_OTHERS = (Speaker.THERAPIST, Speaker.COMPANION)


@dataclass(frozen=True, slots=True)
class CrisisReading:
    """What the heads come to. `alarm` is P(severity at least moderate); `confidence` the probability of the side it was
    decided for; `kind_probability` is among the kinds other than none."""

    kind: str = "none"
    severity: str = "none"
    alarm: float = 0.0
    alarmed: bool = False
    kind_probability: float = 0.0
    timeline: str = "none"
    timeline_probability: float = 0.0
    protective: tuple[tuple[str, float], ...] = ()
    version: str = ""

    @property
    def confidence(self) -> float:
        return self.alarm if self.alarmed else 1 - self.alarm


@dataclass(frozen=True, slots=True)
class CrisisView:
    """Both layers and the conversation. `model` is None where no head read; `agreed` whether both layers alarm or
    neither does, None with one layer. `standing`: the gravest severity stated in the messages looked at, this one
    among them; a later retraction leaves it. `escalates`: graver than everything before it, or hints that return."""

    kind: str
    severity: str
    alarmed: bool
    agreed: bool | None
    escalates: bool
    standing_kind: str
    standing: str
    lexical: Screening
    model: CrisisReading | None
    hints: int

    @property
    def score(self) -> float:
        """0-1, to rank messages by: the model's alarm probability, or the screen's score where that is higher."""
        model = self.model.alarm if self.model else 0.0
        return max(model, SCORES[self.lexical.severity], SCORES[self.severity] if self.alarmed else 0.0)


def decide_crisis(readings: Mapping[str, Reading]) -> CrisisReading | None:
    """What the heads say, by the thresholds; None where the two that decide were not read."""
    if KIND not in readings or SEVERITY not in readings:
        return None
    limits = thresholds(NAME)
    kinds, severities = readings[KIND].scores, readings[SEVERITY].scores
    named = {kind: kinds.get(kind, 0.0) for kind in CRISIS_KINDS}
    severity = next(
        (name for name in reversed(SEVERITIES[1:]) if _at_least(severities, name) >= limits[name]), "none"
    )
    if severity == "none" and sum(named.values()) >= limits["kind"]:
        severity = "low"
    alarmed = _grave(severity)
    timeline, when = _timeline(readings) if alarmed else ("none", 0.0)
    kind = max(named, key=lambda name: named[name]) if severity != "none" else "none"
    return CrisisReading(
        kind=kind,
        severity=severity,
        alarm=_at_least(severities, ALARM),
        alarmed=alarmed,
        kind_probability=_share(named, kind),
        timeline=timeline,
        timeline_probability=when,
        protective=_protective(readings),
        version=readings[SEVERITY].version,
    )


def _at_least(severities: Mapping[str, float], name: str) -> float:
    total = sum(severities.get(each, 0.0) for each in SEVERITIES[SEVERITIES.index(name) :])
    return min(1.0, round(total, 6))


def _grave(severity: str) -> bool:
    return SEVERITIES.index(severity) >= SEVERITIES.index(ALARM)


def _share(named: Mapping[str, float], kind: str) -> float:
    total = sum(named.values())
    return named[kind] / total if kind in named and total else 0.0


def _timeline(readings: Mapping[str, Reading]) -> tuple[str, float]:
    """The likeliest time of a crisis, given that there is one; "none" where the head cannot tell."""
    scores = readings[TIMELINE].scores if TIMELINE in readings else {}
    timed = {name: score for name, score in scores.items() if name != "none"}
    total = sum(timed.values())
    best = max(timed, key=lambda name: timed[name], default="none")
    if not total or timed[best] / total < thresholds(NAME)["timeline"]:
        return "none", 0.0
    return best, timed[best] / total


def _protective(readings: Mapping[str, Reading]) -> tuple[tuple[str, float], ...]:
    scores = readings[PROTECTIVE].scores if PROTECTIVE in readings else {}
    return tuple((name, p) for name, p in scores.items() if p >= thresholds(NAME)["protective"])


def crisis_of(given: Given) -> CrisisView:
    """Both layers on the last message, and what the writer's own messages before it stated.

    A therapist or companion speaks of somebody else's crisis, for which the heads were not made: their reading is then
    no more than a hint, unless the screen finds that the writer speaks of themselves."""
    lexical = screen(given.text, history=given.own_history)
    model = decide_crisis(given.readings)
    if model and given.speaker in _OF_OTHERS and not lexical.about_self:
        model = _hint_only(model)
    earlier = [screen(text) for text in given.own_history[-HISTORY_MESSAGES:]]
    if (
        model
        and model.alarmed
        and _everyday(given, lexical, earlier)
        and model.alarm < thresholds(NAME)["idiom"]
    ):
        model = _hint_only(model)
    hints = sum(any(f.detector == _HINT for f in each.findings) for each in (*earlier, lexical))
    kind, severity = _gravest(lexical, model)
    before_kind, before = _gravest_of([(each.kind, each.severity) for each in earlier])
    hint_now = any(f.detector == _HINT for f in lexical.findings)
    gathered = hint_now and hints >= HINTS_OVER_TURNS and not _grave(severity)
    if gathered:
        kind, severity = "suicidal", ALARM
    rose = bool(earlier) and _grave(severity) and _rank(severity) > _rank(before)
    standing_kind, standing = _gravest_of([(kind, severity), (before_kind, before)])
    return CrisisView(
        kind=kind,
        severity=severity,
        alarmed=_grave(severity),
        agreed=None if model is None else _grave(lexical.severity) == model.alarmed,
        escalates=gathered or (rose and _rank(before) > 0),
        standing_kind=standing_kind,
        standing=standing,
        lexical=lexical,
        model=model,
        hints=hints,
    )


def _everyday(given: Given, lexical: Screening, earlier: list[Screening]) -> bool:
    """A short idiom with nothing grave said before it."""
    short = len(given.text.split()) <= IDIOM_WORDS
    return short and lexical.idiom and not any(each.findings for each in earlier)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)


def _hint_only(model: CrisisReading) -> CrisisReading:
    """A hint where the heads would have alarmed, else nothing."""
    return CrisisReading(
        kind=model.kind if model.alarmed else "none",
        severity="low" if model.alarmed else "none",
        alarm=model.alarm,
        kind_probability=model.kind_probability,
        version=model.version,
    )


def _gravest(lexical: Screening, model: CrisisReading | None) -> tuple[str, str]:
    """Of equals, the model's, which knows the whole message and not a phrase of it."""
    own = [(model.kind, model.severity)] if model else []
    return _gravest_of([*own, (lexical.kind, lexical.severity)])


def _gravest_of(stated: list[tuple[str, str]]) -> tuple[str, str]:
    """The gravest, the first of equals."""
    return max(stated, key=lambda each: _rank(each[1]), default=("none", "none"))


def detect(given: Given) -> Detected:
    """What the model layer and the conversation add to the screen, whose own findings are not repeated."""
    view = crisis_of(given)
    findings = [*_model_finding(given, view), *_escalation(given, view)]
    return Detected(findings, _labels(view))


def _model_finding(given: Given, view: CrisisView) -> list[Finding]:
    model = view.model
    if model is None or model.severity == "none":
        return []
    start, end = _span(given, view)
    kind = model.kind.replace("_", "-")
    why = f"the whole message reads as {kind}, {model.severity} (at least moderate: {model.alarm:.0%})"
    return [Finding(model.kind, SCORES[model.severity], why, start, end, HEAD, VERSION)]


def _span(given: Given, view: CrisisView) -> tuple[int | None, int | None]:
    """The words that decided: those a head's attention marked, else the screen's of that kind, else the whole."""
    marked = [tag for tag in given.tags if tag.label in (SEVERITY, KIND)]
    if marked:
        best = max(marked, key=lambda tag: tag.score)
        return best.start, best.end
    same = [f for f in view.lexical.findings if view.model and f.kind == view.model.kind]
    return (same[0].start, same[0].end) if same else (None, None)


def _escalation(given: Given, view: CrisisView) -> list[Finding]:
    if not view.escalates:
        return []
    hinted = view.hints >= HINTS_OVER_TURNS and not _grave(view.lexical.severity)
    why = (
        f"hints at not wanting to live in {view.hints} messages"
        if hinted and not (view.model and view.model.alarmed)
        else "graver than what was said before in this conversation"
    )
    return [Finding(view.kind, SCORES[view.severity], why, None, None, ESCALATION, VERSION)]


def _labels(view: CrisisView) -> list[Label]:
    model = view.model
    labels = []
    if model:
        labels.append(Label("crisis.alarm", "yes" if model.alarmed else "no", model.confidence))
        labels += [Label(PROTECTIVE, name, p) for name, p in model.protective]
        if model.severity != "none":
            labels.append(Label(KIND, model.kind, model.kind_probability))
            labels.append(Label(SEVERITY, model.severity, model.alarm))
        if model.timeline != "none":
            labels.append(Label(TIMELINE, model.timeline, model.timeline_probability))
        labels.append(Label("crisis.layers", "agree" if view.agreed else "disagree", model.confidence))
    if view.standing != "none":
        labels.append(Label("crisis.standing", view.standing, 1.0))
    labels += [Label("crisis.action", each.id, 1.0) for each in crisis_actions(view.kind, view.severity)]
    return labels
