"""The candidates of one reply: which of them speaks, and when the reply ends.

Torch-free and without a clock: it hears pieces of text and answers with events and with the candidates to stop.
Candidates run to the end of their first segment, each is judged, the best speaks on alone; a later segment that is
refused ends the reply there. Knows nothing of tokens, threads or deadlines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from inference.contracts import Finding, FinishReason, ReplyRequest, SegmentEvent, WordingLimits
from inference.engine.segments import SentenceSplitter, is_closed

GRACE_STEPS = 12
"""Steps the others get after the first acceptable candidate is done. Counted in tokens, not seconds, so that the
same seed chooses the same candidate on a busy machine; a dozen tokens is one more sentence of ordinary length."""

LOST = "lost"
"""How a candidate ends whose source broke off: the sentences it had completed count, the one it was in does not."""

Judge = Callable[[str, WordingLimits], tuple[Finding, ...]]
Refuses = Callable[[Sequence[Finding]], bool]


@dataclass(frozen=True)
class Piece:
    """Text that one candidate gained in one step; `ended` is "" while it goes on, else "stop", "length" or LOST."""

    candidate: int
    text: str
    ended: str = ""


@dataclass(frozen=True)
class Heard:
    """What follows from a step: events to send, candidates to stop, and the reason if the reply is over."""

    events: tuple[SegmentEvent, ...] = ()
    stop: tuple[int, ...] = ()
    finished: FinishReason | None = None


@dataclass
class _Candidate:
    number: int
    splitter: SentenceSplitter = field(default_factory=SentenceSplitter)
    segments: list[str] = field(default_factory=list)
    ended: str = ""
    findings: tuple[Finding, ...] | None = None
    """Of the first segment, once there is one."""

    def hear(self, piece: Piece) -> None:
        self.segments += self.splitter.push(piece.text)
        self.ended = piece.ended
        rest = "" if self.ended == LOST else self.splitter.rest()
        if self.ended and rest and (self.ended == "stop" or is_closed(rest) or not self.segments):
            self.segments.append(rest)


class Race:
    def __init__(self, request: ReplyRequest, *, judge: Judge, refuses: Refuses) -> None:
        self._limits = request.limits
        self._max_segments = request.max_segments
        self._judge, self._refuses = judge, refuses
        self._running = {number: _Candidate(number) for number in range(request.candidates)}
        self._candidates = request.candidates
        self._speaker: _Candidate | None = None
        self._shown: list[str] = []
        self._steps_since_clean = -1

    def hold_to(self, limits: WordingLimits) -> None:
        """What the words must keep to, said before any was heard."""
        self._limits = limits

    @property
    def has_spoken(self) -> bool:
        return bool(self._shown)

    def hear(self, pieces: Sequence[Piece]) -> Heard:
        """Take one step's pieces, at most one for each running candidate."""
        for piece in pieces:
            self._running[piece.candidate].hear(piece)
        if self._speaker is not None:
            return self._go_on(())
        self._judge_first_segments()
        return self._choose() if self._is_decided() else Heard()

    def hurry(self) -> Heard | None:
        """The time for first words is over: choose among what is there; None when nothing is."""
        ready = any(candidate.segments for candidate in self._running.values())
        return self._choose() if ready else None

    def _judge_first_segments(self) -> None:
        for candidate in self._running.values():
            if candidate.segments and candidate.findings is None:
                candidate.findings = self._judge(candidate.segments[0], self._limits)

    def _is_decided(self) -> bool:
        waiting = [c for c in self._running.values() if not c.segments and not c.ended]
        clean = any(self._is_clean(c) for c in self._running.values())
        if clean:
            self._steps_since_clean += 1
        return not waiting or (clean and self._steps_since_clean >= GRACE_STEPS)

    def _is_clean(self, candidate: _Candidate) -> bool:
        return candidate.findings is not None and not self._refuses(candidate.findings)

    def _choose(self) -> Heard:
        ready = [c for c in self._running.values() if c.findings is not None]
        if not ready:
            return Heard(stop=tuple(self._running), finished=FinishReason.DONE)
        best = min(ready, key=self._rank)
        stop = tuple(number for number in self._running if number != best.number)
        self._speaker, self._running = best, {best.number: best}
        return self._go_on(stop)

    def _rank(self, candidate: _Candidate) -> tuple[bool, float, int]:
        """Acceptable first, then the least that speaks against it, then the order of the seeds."""
        findings = candidate.findings or ()
        return self._refuses(findings), sum(finding.score for finding in findings), candidate.number

    def _go_on(self, stop: tuple[int, ...]) -> Heard:
        """Send what the speaker has completed; judge each segment after the first on its way."""
        speaker = self._speaker
        assert speaker is not None
        events: list[SegmentEvent] = []
        over = (*stop, speaker.number)
        while len(self._shown) < len(speaker.segments):
            n, text = len(self._shown), speaker.segments[len(self._shown)]
            findings = (speaker.findings or ()) if n == 0 else self._judge(text, self._limits_left())
            refused = self._refuses(findings)
            if refused and n > 0:
                return Heard(tuple(events), over, FinishReason.DONE)
            self._shown.append(text)
            events.append(SegmentEvent(n, text, findings, speaker.number, self._candidates))
            if refused or len(self._shown) == self._max_segments or self._words_left() < 1:
                return Heard(tuple(events), over, FinishReason.DONE)
        if speaker.ended:
            reason = FinishReason.DONE if speaker.ended == "stop" else FinishReason.LENGTH
            return Heard(tuple(events), over, reason)
        return Heard(tuple(events), stop)

    def _words_left(self) -> int:
        return self._limits.max_words - sum(len(text.split()) for text in self._shown)

    def _limits_left(self) -> WordingLimits:
        """A later segment shares the reply's words and must not repeat what was just said."""
        return replace(
            self._limits, max_words=max(1, self._words_left()), earlier=(*self._limits.earlier, *self._shown)
        )
