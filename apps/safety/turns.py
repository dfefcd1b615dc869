"""Hears what a person wrote and judges what a model worded: the detectors' facts put before the policy.

Shared by every edge that takes turns. The lexical layer runs here, in the process, whatever else is down; the worker's
layer is added once it has answered. Either may raise an alarm, and what each found is kept apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace

from apps.encounters.answering import Plan
from apps.safety import policy
from apps.safety.asking import Assessed
from apps.safety.enums import Reason
from apps.safety.policy import Action, Mode, Verdict
from inference.contracts import Assessment, Finding
from inference.safety.screen import screen
from inference.safety.wording import wording_findings

LEXICAL, WORKER = "lexical", "worker"
SCREEN = "screen."
"""How the detectors of the screen are called: the worker runs it too, and it stays one layer."""


@dataclass(frozen=True)
class Heard:
    """What was heard in a message: the verdict, and the facts to keep with the turn (codes, scores and places; never a
    word of the message). `reasons`: why somebody should look at it. `assessment`: the worker's, once it has answered in
    full. `signals`: what a simulated client is told beyond the words."""

    mode: str
    scenario: str
    verdict: Verdict
    facts: dict[str, object]
    lexical: tuple[Finding, ...]
    about_self: bool
    assessment: Assessment | None = None
    signals: frozenset[str] = frozenset()
    reasons: list[Reason] = field(default_factory=list)

    @property
    def panel(self) -> str:
        """The panel that the verdict opens; empty for none."""
        return str(self.verdict.panel)

    @property
    def refused(self) -> bool:
        return self.verdict.action is Action.REFUSE

    @property
    def decided(self) -> bool:
        """Fixed words answer: nothing that the worker might add could change that."""
        return self.verdict.action in (Action.REFUSE, Action.PROTOCOL)


@dataclass(frozen=True)
class Judged:
    """Whether a segment may be shown, what kept it back, and the facts to keep with it."""

    show: bool
    code: str
    facts: list[dict[str, object]]


def hear(mode: str, text: str, *, history: Sequence[str] = (), scenario: str = "") -> Heard:
    """Screen one message. `history`: the person's own earlier messages, oldest first; `scenario`: the client's slug."""
    seen = screen(text, history=history)
    verdict = policy.decide(Mode(mode), findings=seen.findings, about_self=seen.about_self, scenario=scenario)
    facts = {
        "findings": {LEXICAL: _facts_of(seen.findings), WORKER: []},
        "about_self": seen.about_self,
        "screen": seen.version,
        "partial": True,  # The worker's layer has not answered.
    }
    heard = Heard(mode, scenario, verdict, facts, seen.findings, seen.about_self)
    return replace(heard, facts=facts | _decided(verdict), reasons=_crisis(heard, verdict))


def hear_both(heard: Heard, assessed: Assessed) -> Heard:
    """What was heard, with the worker's layer added: the verdict on the findings of both. A verdict that was made is
    kept; what the worker adds to it is recorded."""
    answer = assessed.assessment or Assessment()
    mode, scenario = Mode(heard.mode), heard.scenario
    added = [finding for finding in answer.findings if not finding.detector.startswith(SCREEN)]
    everything = [*heard.lexical, *added]
    verdict = heard.verdict
    if not heard.decided:
        about_self = heard.about_self or answer.about_self
        verdict = policy.decide(mode, findings=everything, about_self=about_self, scenario=scenario)
    differ = policy.disagree(
        mode, lexical=heard.lexical, model=added, versions=answer.versions, scenario=scenario
    )
    return replace(
        heard,
        verdict=verdict,
        facts=heard.facts | _decided(verdict) | _worker_facts(assessed, heard, added, differ),
        assessment=None if assessed.partial else assessed.assessment,
        signals=policy.signals(mode, findings=everything, scenario=scenario),
        reasons=[*_crisis(heard, verdict), *([Reason.LAYERS_DISAGREE] if differ else [])],
    )


def _decided(verdict: Verdict) -> dict[str, object]:
    return {"action": str(verdict.action), "code": verdict.code, "policy": verdict.version}


def _crisis(heard: Heard, verdict: Verdict) -> list[Reason]:
    return [Reason.CRISIS] if verdict.code == "crisis" else []


def _worker_facts(
    assessed: Assessed, heard: Heard, added: Sequence[Finding], differ: bool | None
) -> dict[str, object]:
    """`disagree` is None where the worker's layer did not look for a crisis."""
    answer = assessed.assessment or Assessment()
    return {
        "findings": {LEXICAL: _facts_of(heard.lexical), WORKER: _facts_of(added)},
        "labels": [asdict(label) for label in answer.labels],
        "versions": dict(answer.versions),
        "partial": assessed.partial,
        "partial_why": assessed.why,
        "disagree": differ,
        "assess_ms": assessed.took_ms,
    }


def judge_segment(text: str, findings: Sequence[Finding], *, plan: Plan, scenario: str = "") -> Judged:
    """Judge words about to be shown: the worker's findings and our own, taken together."""
    own = [*screen(text).findings]
    if plan.request is not None:
        own += wording_findings(text, limits=plan.request.limits)
    everything = {(f.kind, f.start, f.end, f.detector): f for f in (*findings, *own)}
    person = plan.request.limits.person if plan.request is not None else "client"
    verdict = policy.judge(person, findings=list(everything.values()), scenario=scenario)
    return Judged(verdict.show, verdict.code, _facts_of(everything.values()))


def _facts_of(findings: Iterable[Finding]) -> list[dict[str, object]]:
    return [finding_facts(finding) for finding in findings]


def finding_facts(finding: Finding) -> dict[str, object]:
    """A finding as it is kept: without `why`, which is looked up by its detector and version."""
    facts = asdict(finding)
    del facts["why"]
    return facts
