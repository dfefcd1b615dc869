"""Hears what a person wrote and judges what a model worded: the detectors' facts put before the policy.

Shared by every edge that takes turns. The lexical layer runs here, in the process, whatever else is down.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from apps.encounters.answering import Plan
from apps.safety import policy
from apps.safety.policy import Action, Mode, Verdict
from inference.contracts import Finding
from inference.safety.screen import screen
from inference.safety.wording import wording_findings


@dataclass(frozen=True)
class Heard:
    """What was heard in a message: the verdict, the panel it opens, and the facts to keep with the turn (codes,
    scores and places; never a word of the message)."""

    verdict: Verdict
    panel: str
    facts: dict[str, object]

    @property
    def refused(self) -> bool:
        return self.verdict.action is Action.REFUSE


@dataclass(frozen=True)
class Judged:
    """Whether a segment may be shown, what kept it back, and the facts to keep with it."""

    show: bool
    code: str
    facts: list[dict[str, object]]


def hear(mode: str, text: str, *, history: Sequence[str] = ()) -> Heard:
    """Screen one message. `history`: the person's own earlier messages, oldest first."""
    seen = screen(text, history=history)
    verdict = policy.decide(Mode(mode), findings=seen.findings, about_self=seen.about_self)
    facts = {
        "findings": [finding_facts(finding) for finding in seen.findings],
        "action": str(verdict.action),
        "code": verdict.code,
        "screen": seen.version,
        "policy": verdict.version,
        "partial": True,  # The worker's own layer was not asked.
    }
    return Heard(verdict, str(verdict.panel), facts)


def judge_segment(text: str, findings: Sequence[Finding], *, plan: Plan) -> Judged:
    """Judge words about to be shown: the worker's findings and our own, taken together."""
    own = [*screen(text).findings]
    if plan.request is not None:
        own += wording_findings(text, limits=plan.request.limits)
    everything = {(f.kind, f.start, f.end, f.detector): f for f in (*findings, *own)}
    person = plan.request.limits.person if plan.request is not None else "client"
    verdict = policy.judge(person, findings=list(everything.values()))
    return Judged(verdict.show, verdict.code, [finding_facts(finding) for finding in everything.values()])


def finding_facts(finding: Finding) -> dict[str, object]:
    """A finding as it is kept: without `why`, which is looked up by its detector and version."""
    facts = asdict(finding)
    del facts["why"]
    return facts
