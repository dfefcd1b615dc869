"""What is done about findings: pure, by the versioned table in `data/policy.toml`. Detectors state facts, this decides,
services act.

The two modes are kept apart. In practice a therapist who asks about suicide, or a client who answers, is doing the
work: nothing interrupts it. Only the trainee's own plain disclosure, or saying that it is about themselves, opens help,
and that beside the case. Requests for methods are refused in every mode. The findings of both layers are taken
together: either may raise an alarm. Knows no database and no words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from apps.safety.enums import Reason
from apps.safety.policy_table import policy_table
from inference.contracts import Finding, Mode

__all__ = ["Action", "Mode", "Panel", "SegmentVerdict", "Verdict"]

VERSION = f"policy {policy_table().version}"
CRISIS, METHODS, ABOUT_SELF, BIAS = "crisis", "methods", "about_self", "bias"
"""Groups of kinds in the table that this module knows what to do about."""


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


WHY = {verdict.code: verdict.why for verdict in (_CONTINUE, _PRACTICE_WORK, _OWN, _CRISIS, _METHODS)}
"""The sentence of a stored verdict, by its code."""


def decide(mode: Mode, *, findings: Sequence[Finding], about_self: bool, scenario: str = "") -> Verdict:
    """The verdict on what a person wrote. `about_self` is the screen's reading of a plain first-person disclosure;
    `scenario` the slug of the client it was written to."""
    counted = _counted(mode, findings, scenario)
    if METHODS in counted:
        return _METHODS
    if mode is Mode.PRACTICE:
        if about_self or ABOUT_SELF in counted:
            return _OWN
        named = any(policy_table().group(finding.kind) == CRISIS for finding in findings)
        return _PRACTICE_WORK if named else _CONTINUE
    return _CRISIS if about_self or CRISIS in counted else _CONTINUE


def _counted(mode: Mode, findings: Sequence[Finding], scenario: str) -> set[str]:
    """The groups of which at least one finding counts."""
    table = policy_table()
    return {table.group(f.kind) for f in findings if table.counts(f"heard.{mode}", f, scenario=scenario)}


def alarms(mode: Mode, *, findings: Sequence[Finding], scenario: str = "") -> bool:
    """Whether a layer's findings amount to a crisis, whatever the mode then does about one."""
    return CRISIS in _counted(mode, findings, scenario)


def disagree(
    mode: Mode,
    *,
    lexical: Sequence[Finding],
    model: Sequence[Finding],
    versions: Mapping[str, str],
    scenario: str = "",
) -> bool | None:
    """Whether one layer alarms about a crisis and the other does not; None where the model layer did not look for one.
    `versions` are those of its detectors that answered."""
    if not policy_table().did_judge_crisis(versions):
        return None
    return alarms(mode, findings=lexical, scenario=scenario) != alarms(
        mode, findings=model, scenario=scenario
    )


def signals(mode: Mode, *, findings: Sequence[Finding], scenario: str = "") -> frozenset[str]:
    """What a simulated client is told of a message beyond its words: "bias"."""
    return frozenset({BIAS} & _counted(mode, findings, scenario))


def reviewed(mode: Mode, reason: Reason) -> timedelta | None:
    """Within what time somebody should look at a turn for this reason; None where it needs no look in this mode."""
    review = policy_table().review[reason]
    return review.within if mode in review.modes else None


def withheld_reason(kind: str) -> Reason | None:
    """Why a turn whose segment was kept back for this kind needs a look; None where it does not."""
    return _WITHHELD.get(policy_table().group(kind))


_WITHHELD = {CRISIS: Reason.WITHHELD_CRISIS, BIAS: Reason.WITHHELD_BIAS}


def judge(person: str, *, findings: Sequence[Finding], scenario: str = "") -> SegmentVerdict:
    """The verdict on a generated segment spoken by `person` (`client` or `companion`)."""
    table = policy_table()
    for finding in sorted(findings, key=lambda finding: -finding.score):
        if table.counts(f"shown.{person}", finding, scenario=scenario):
            return SegmentVerdict(False, finding.kind)
    return SegmentVerdict(True, "")
