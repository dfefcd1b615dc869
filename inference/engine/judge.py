"""What the worker holds against a segment before it is sent, and what of that refuses it.

The same wording check runs again in the web process before anything is shown; here it chooses between candidates.
"""

from collections.abc import Sequence

from inference.contracts import Finding, WordingLimits
from inference.safety.screen import screen
from inference.safety.wording import wording_findings

REFUSES_FROM = 0.5
"""Score from which a finding of the wording check refuses a segment; below it only counts against the candidate."""
REFUSED_KINDS = frozenset({"method_request"})
"""Of the crisis screen's kinds: words about methods are refused in every mode. Its other findings are facts that the
web process's policy decides on: a client may say that he is in despair."""


def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
    return (*wording_findings(text, limits=limits), *screen(text).findings)


def refuses(findings: Sequence[Finding]) -> bool:
    return any(
        finding.kind in REFUSED_KINDS
        or (finding.detector.startswith("wording") and finding.score >= REFUSES_FROM)
        for finding in findings
    )
