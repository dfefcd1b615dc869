"""What the worker holds against a segment before it is sent, and what of that refuses it.

The wording check runs again in the web process before anything is shown; here it chooses between candidates. Whether
the words do what was planned is judged here alone, by their nearness to lines somebody wrote for that act; and here
alone the detectors read them. What those find goes with the segment, for the caller's policy to decide on.
"""

from collections.abc import Mapping, Sequence

from inference.assessing import Assessor
from inference.contracts import MAX_FINDINGS, Finding, Message, Person, Role, Speaker, WordingLimits
from inference.encoder.minilm import MiniLM
from inference.engine.race import Judge
from inference.insight.talk import HEAD as TALK_HEAD
from inference.safety.detectors.given import Given, Reading
from inference.safety.screen import screen
from inference.safety.wording import wording_findings
from inference.vocabulary import acts

REFUSES_FROM = 0.5
"""Score from which a finding of the wording check refuses a segment; below it only counts against the candidate."""
REFUSED_KINDS = frozenset({"method_request"})
"""Of the crisis screen's kinds: words about methods are refused in every mode. Its other findings are facts that the
web process's policy decides on: a client may say that he is in despair."""
OFF_ACT_FROM = 0.45
"""Score of `off_act` from which a segment counts as something else than was planned, here and in the policy. The score
is the distance to the nearest exemplar, stretched so that the request's `strays_from` stands at this value."""
FIT_DETECTOR = "act_fit"
FIT_VERSION = "minilm 1"


def make_judge(encoder: MiniLM | None, assessor: Assessor | None = None) -> Judge:
    """The judge of a worker; without an encoder nothing is said about the act, without an assessor no detector is
    asked."""

    def judged(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        findings = judge(text, limits)
        if encoder is not None:
            findings += fit(text, limits, encoder)
        if assessor is not None:
            findings += detected(text, limits, assessor)
        return findings[:MAX_FINDINGS]

    return judged


def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
    return (*wording_findings(text, limits=limits), *screen(text).findings)


def detected(text: str, limits: WordingLimits, assessor: Assessor) -> tuple[Finding, ...]:
    """What the detectors see in words that the client, or the companion, is about to say."""
    if not text.strip():
        return ()
    speaker = Speaker.COMPANION if limits.person == Person.COMPANION else Speaker.CLIENT
    earlier = tuple(Message(Role.ASSISTANT, words) for words in limits.earlier)
    seen = assessor.look([Given(text, speaker, earlier)])[0]
    return (*off_talk(limits.planned, seen.given.readings), *seen.findings)


def off_talk(planned: str, readings: Mapping[str, Reading]) -> tuple[Finding, ...]:
    """How likely a client's words lean another way than the planned act does. Refuses nothing: the head that reads it
    errs too often (it calls 60 % of what authors wrote for an act by that act's family), but of two candidates the one
    that it reads as planned is the better guess. It reads them without what they answer, beside which as many
    of 200 chosen were as planned (.67, and .68 without)."""
    act, talk = acts().get(planned), readings.get(TALK_HEAD)
    if act is None or talk is None:
        return ()
    score = round(1.0 - talk.scores.get(act.talk, 0.0), 3)
    return (
        Finding(
            "off_talk", score, "leans another way than planned", detector="head.talk", version=talk.version
        ),
    )


def fit(text: str, limits: WordingLimits, encoder: MiniLM) -> tuple[Finding, ...]:
    """How far the words are from every exemplar of the act; nothing where the request names none."""
    if not limits.exemplars or not text.strip():
        return ()
    near = float((encoder.embed([text]) @ encoder.embed(limits.exemplars).T).max())
    score = round(min(1.0, max(0.0, 1.0 - near) * OFF_ACT_FROM / limits.strays_from), 3)
    why = "how far the words are from what the act should sound like"
    return (Finding("off_act", score, why, detector=FIT_DETECTOR, version=FIT_VERSION),)


def refuses(findings: Sequence[Finding]) -> bool:
    return any(
        finding.kind in REFUSED_KINDS
        or (finding.detector.startswith("wording") and finding.score >= REFUSES_FROM)
        or (finding.kind == "off_act" and finding.score >= OFF_ACT_FROM)
        for finding in findings
    )
