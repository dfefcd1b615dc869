"""What is done about findings: a pure, versioned table. Detectors state facts, this decides, services act.

The two modes are kept apart. In practice a therapist who asks about suicide, or a client who answers, is doing the
work: nothing interrupts it. Only the trainee's own plain disclosure, or saying that it is about themselves, opens help,
and that beside the case. Requests for methods are refused in every mode. Knows no database and no words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inference.contracts import Finding
from inference.safety.screen import CRISIS_KINDS as SCREENED_KINDS
from inference.safety.screen import SCORES

VERSION = "policy 1"

MODERATE, HIGH = SCORES["moderate"], SCORES["high"]
CRISIS_KINDS = frozenset(SCREENED_KINDS)
SAID_ABOUT_SELF = "about_me"
"""The screen's finding for words such as "this is about me, not the exercise"."""
REFUSED_KINDS = frozenset({"method_request"})
ALARM_FROM = dict.fromkeys(CRISIS_KINDS, MODERATE) | {"depression": HIGH, "agitation": HIGH}
"""From which score a crisis kind is acted on in support; low findings alone are watched."""

# Findings that keep a generated segment from being shown, with the score from which they do.
WITHHELD_FROM = {
    "role_break": 0.5,
    "assistant_speak": 0.5,
    "therapist_speak": 0.6,
    "other_speaker": 0.5,
    "contradiction": 0.5,
    "off_act": 0.45,
    "repetition": 0.6,
    "echo": 0.7,
    "too_long": 0.9,
    "empty": 0.1,
    "unfinished": 0.5,
    "garbage": 0.5,
    "markup": 0.5,
    "method_request": 0.1,
    "method_detail": 0.1,
    "stage_direction": 0.5,
    "harmful_advice": 0.1,
    "slur": 0.5,
}
UNKNOWN_WITHHELD_FROM = 0.9
"""A kind this table does not know withholds only when its detector is sure."""
CLIENT_MAY_VOICE = CRISIS_KINDS
"""A simulated client may speak of despair: that is the case. The companion may not say such things of itself."""


class Mode(StrEnum):
    """Whom the words are for. The API answers to the same rules as support."""

    PRACTICE = "practice"
    SUPPORT = "support"
    API = "api"


class Action(StrEnum):
    CONTINUE = "continue"
    OFFER_HELP = "offer_help"
    PROTOCOL = "protocol"
    REFUSE = "refuse"


class Panel(StrEnum):
    """Which fixed words are shown; the words are in `data/panels.toml`."""

    NONE = ""
    ABOUT_ME = "about_me"
    ASKED = "asked"
    CRISIS = "crisis"
    METHODS = "methods"


@dataclass(frozen=True)
class Verdict:
    """What is done about a person's message. `code` is stable; `why` is a sentence for that person."""

    action: Action
    panel: Panel
    code: str
    why: str
    version: str = VERSION


@dataclass(frozen=True)
class SegmentVerdict:
    """Whether a generated segment is shown; `code` names the finding that kept it back."""

    show: bool
    code: str
    version: str = VERSION


_CONTINUE = Verdict(
    Action.CONTINUE, Panel.NONE, "nothing", "Nothing here asks for more than the conversation."
)
_PRACTICE_WORK = Verdict(
    Action.CONTINUE, Panel.NONE, "part_of_the_case", "This was read as part of the work with the client."
)
_OWN = Verdict(
    Action.OFFER_HELP,
    Panel.ABOUT_ME,
    "own_disclosure",
    "I noticed words that sounded as if they were about you, so help is beside the session.",
)
_CRISIS = Verdict(
    Action.PROTOCOL, Panel.CRISIS, "crisis", "I noticed words about being in danger, so I am asking directly."
)
_METHODS = Verdict(
    Action.REFUSE,
    Panel.METHODS,
    "method_request",
    "This asked for ways of causing harm. Those are not given here.",
)


def decide(mode: Mode, *, findings: Sequence[Finding], about_self: bool) -> Verdict:
    """The verdict on what a person wrote. `about_self` is the screen's reading of a plain first-person disclosure."""
    if any(finding.kind in REFUSED_KINDS for finding in findings):
        return _METHODS
    crisis = [finding for finding in findings if finding.kind in CRISIS_KINDS]
    if mode is Mode.PRACTICE:
        if about_self or any(finding.kind == SAID_ABOUT_SELF for finding in findings):
            return _OWN
        return _PRACTICE_WORK if crisis else _CONTINUE
    if about_self or any(finding.score >= ALARM_FROM[finding.kind] for finding in crisis):
        return _CRISIS
    return _CONTINUE


def judge(person: str, *, findings: Sequence[Finding]) -> SegmentVerdict:
    """The verdict on a generated segment spoken by `person` (`client` or `companion`)."""
    for finding in sorted(findings, key=lambda finding: -finding.score):
        if finding.kind in CRISIS_KINDS:
            if person != "client" and finding.score >= MODERATE:
                return SegmentVerdict(False, finding.kind)
            continue
        if finding.score >= WITHHELD_FROM.get(finding.kind, UNKNOWN_WITHHELD_FROM):
            return SegmentVerdict(False, finding.kind)
    return SegmentVerdict(True, "")
