"""Seven gates for what is said: profanity, hate, medical advice, boundary violation, empty or over-long, crisis
escalation, therapeutic relevance.

A finding is a fact with a severity; policy says whether it withholds anything. Replies of the model are held to all of
them, a companion's strictly; a played client may swear and despair. Of what people write, swearing is a fact of low
severity and hate one of medium. Knows words, not intent: a head's reading of hate is added where there is one.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.contracts import Finding, Label, Role, Speaker
from inference.safety.detectors.advice import Action
from inference.safety.detectors.gate_phrases import Meets, gate_phrases_version, met
from inference.safety.detectors.given import Detected, Given
from inference.safety.detectors.relevance import coherence, content_words
from inference.safety.detectors.thresholds import thresholds
from inference.safety.screen import screen

NAME = "gates"
GATES = (
    "profanity",
    "hate",
    "medical_advice",
    "boundary_violation",
    "empty_or_long",
    "crisis_escalation",
    "therapeutic_relevance",
)
SEVERITIES = ("low", "medium", "high", "critical")
SEVERITY_SCORES: Mapping[str, float] = {"low": 0.25, "medium": 0.5, "high": 0.75, "critical": 0.95}
"""The score of a finding by its severity: this detector's own scale, not a probability."""
FEW_WORDS = 2
"""A companion's reply of fewer words says nothing that shows it heard."""
JUDGED_FROM_WORDS = 4
"""Content words from which a reply's relevance is judged; fewer say too little either way."""
UNRELATED_BELOW = {"low": 0.15, "medium": 0.05}
"""Coherence below which a reply counts as unrelated: low where one word in seven is near, medium where hardly any is
(own judgement, on the table of cases)."""
CRISIS_MESSAGES = 3
"""How many of the other's last messages are screened for a disclosure that a reply answers."""

_FILE = Path(__file__).parent / "gates.toml"
_MODEL = (Speaker.COMPANION, Speaker.CLIENT)


@dataclass(frozen=True, slots=True)
class _Table:
    limits: Mapping[str, Mapping[str, int]]
    advice: Mapping[str, Mapping[str, str]]
    version: str


@cache
def _table() -> _Table:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return _Table(data["limits"], data["advice"], str(data["version"]))


VERSION = f"gates 1; {gate_phrases_version()}; advice {_table().version}"


def gate_advice(gate: str, severity: str) -> Action:
    """What helps after a finding of this gate and severity. Raises KeyError for a name that is none."""
    return Action(f"{gate}.{severity}", _table().advice[gate][severity])


def severity_of(score: float) -> str:
    """The severity that a finding's score stands for; the gravest that it reaches, "low" below all."""
    reached = [name for name in SEVERITIES if SEVERITY_SCORES[name] <= score]
    return reached[-1] if reached else "low"


def detect(given: Given) -> Detected:
    """Findings `gate.<name>`, the gravest first; labels: the coherence of a companion's reply, and advice."""
    found = [*_worded(given), *_read_hate(given)]
    labels = []
    if given.speaker in _MODEL:
        found += _form(given)
    if given.speaker == Speaker.COMPANION and given.said_to:
        value = coherence(given.text, _said_before(given))
        labels.append(Label("coherence", _named(value), round(value, 4)))
        found += _unrelated(given.text, value)
    best: dict[str, Finding] = {}
    for finding in sorted(found, key=lambda each: -each.score):
        best.setdefault(finding.kind, finding)
    advised = [
        Label("gate.advice", f"{f.kind.removeprefix('gate.')}.{severity_of(f.score)}", 1.0)
        for f in best.values()
    ]
    return Detected(tuple(best.values()), (*labels, *advised))


def _finding(gate: str, severity: str, why: str, start: int | None = None, end: int | None = None) -> Finding:
    return Finding(f"gate.{gate}", SEVERITY_SCORES[severity], why, start, end, NAME, VERSION)


def _worded(given: Given) -> list[Finding]:
    """What the phrases say; those that hurt only after a disclosure count only after one."""
    meets = met(given.text, given.speaker)
    disclosed = any(each.after_crisis for each in meets) and _disclosed(given)
    return [_of(each) for each in meets if disclosed or not each.after_crisis]


def _of(each: Meets) -> Finding:
    return _finding(each.gate, each.severity, each.why, each.start, each.end)


def _disclosed(given: Given) -> bool:
    """Whether one of the other's last messages holds a crisis of at least moderate severity."""
    return any(
        screen(text).severity in ("moderate", "high", "imminent")
        for text in _others(given)[-CRISIS_MESSAGES:]
    )


def _others(given: Given) -> list[str]:
    """The other's messages, oldest first."""
    other = Role.USER if given.speaker in _MODEL else Role.ASSISTANT
    return [message.text for message in given.history if message.role == other]


def _said_before(given: Given) -> str:
    return "\n".join(reversed(_others(given)[-CRISIS_MESSAGES:]))


def _read_hate(given: Given) -> list[Finding]:
    """The trained head's word, where it is read and sure."""
    reading = given.readings.get("hate")
    if reading is None or reading.scores.get("yes", 0.0) < thresholds("harm")["hate"]:
        return []
    severity = "high" if given.speaker in (Speaker.COMPANION, Speaker.THERAPIST) else "medium"
    return [_finding("hate", severity, "the whole message reads as abuse of people for their group")]


def _form(given: Given) -> list[Finding]:
    """Nothing said, or too much."""
    if not any(letter.isalnum() for letter in given.text):
        return [_finding("empty_or_long", "high", "nothing is said")]
    count = len(given.text.split())
    if given.speaker == Speaker.COMPANION and count < FEW_WORDS:
        return [_finding("empty_or_long", "low", "is one word")]
    limits = _table().limits[given.speaker]
    reached = [name for name in SEVERITIES if name in limits and count > limits[name]]
    return [_finding("empty_or_long", reached[-1], f"has {count} words")] if reached else []


def _named(value: float) -> str:
    if value < UNRELATED_BELOW["low"]:
        return "unrelated"
    return "loose" if value < 0.5 else "close"


def _unrelated(text: str, value: float) -> list[Finding]:
    if len(content_words(text)) < JUDGED_FROM_WORDS or value >= UNRELATED_BELOW["low"]:
        return []
    severity = "medium" if value < UNRELATED_BELOW["medium"] else "low"
    return [
        _finding(
            "therapeutic_relevance", severity, f"has little to do with what was said (coherence {value:.2f})"
        )
    ]
