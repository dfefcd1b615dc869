"""Replies as suites see them: each with its context and with everything that rules, heads and detectors read in it.

The author's replies in the same places are read in the same way: a measure is only as good as it is on those.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inference.assessing import Assessor
from inference.contracts import Finding, Person
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.speaker import Likelihood, Scorer, Speaker, Spoken
from inference.insight.behaviour import Coding, code_turn
from inference.persona import Exchange
from inference.safety.detectors.given import Reading
from inference.safety.screen import screen
from inference.safety.wording import wording_findings

BATCH = 64
Tell = Callable[[int, int], None]
"""How many are done, of how many."""


@dataclass(frozen=True)
class Reply:
    """`findings` of the wording check, the screen and the detectors; `readings` by head, empty where none read."""

    context: Context
    spoken: Spoken
    findings: tuple[Finding, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    coding: Coding | None = None
    likelihood: Likelihood | None = None

    @property
    def text(self) -> str:
        return self.spoken.text

    def kinds(self, *, least: float = 0.5) -> frozenset[str]:
        """The kinds of findings that are sure enough."""
        return frozenset(finding.kind for finding in self.findings if finding.score >= least)


@dataclass(frozen=True)
class Material:
    """`written` are the author's replies to the contexts of `replies`, in their order. `talks`: whole talks whose
    replies follow on the speaker's own earlier ones."""

    person: Person
    replies: Sequence[Reply]
    written: Sequence[Reply]
    talks: Sequence[Sequence[Reply]] = ()


def spoken_replies(contexts: Sequence[Context], speaker: Speaker, tell: Tell) -> list[Reply]:
    replies = []
    for context in contexts:
        replies.append(Reply(context, speaker.speak(context)))
        tell(len(replies), len(contexts))
    return replies


def spoken_talk(contexts: Sequence[Context], speaker: Speaker) -> list[Reply]:
    """A whole talk: what the other says is as written, what the speaker said before is its own."""
    replies: list[Reply] = []
    own: dict[str, str] = {}
    for context in contexts:
        asked = replace(context, talk=_with_own(context.talk, own))
        spoken = speaker.speak(asked)
        replies.append(Reply(asked, spoken))
        own[context.written] = spoken.text
    return replies


def written_replies(contexts: Sequence[Context], scorer: Scorer | None) -> list[Reply]:
    return [
        Reply(each, Spoken(each.written), likelihood=scorer.score(each) if scorer else None)
        for each in contexts
    ]


def read(replies: Sequence[Reply], assessor: Assessor) -> list[Reply]:
    """The same replies with what is seen in them."""
    seen: list[Reply] = []
    for first in range(0, len(replies), BATCH):
        batch = replies[first : first + BATCH]
        looked = assessor.look([each.context.given(each.text) for each in batch])
        for reply, sight in zip(batch, looked, strict=True):
            findings = (
                *wording_findings(reply.text, limits=reply.context.limits()),
                *screen(reply.text).findings,
                *sight.findings,
            )
            coding = _coding(reply) if reply.context.person is Person.COMPANION else None
            seen.append(replace(reply, findings=findings, readings=sight.given.readings, coding=coding))
    return seen


def _coding(reply: Reply) -> Coding:
    return code_turn(reply.text, previous_client=reply.context.heard)


def _with_own(talk: Sequence[Exchange], own: Mapping[str, str]) -> tuple[Exchange, ...]:
    """The talk with each written reply exchanged for what was said in its place; fixed words stay."""
    return tuple(replace(each, said=own.get(each.said, each.said)) for each in talk)
