"""What the worker sees in a message: the lexical screen, the coder of behaviour, and every detector there is.

Torch-free by itself: what the encoder's heads read is handed in by a HeadReader. Detectors state facts; nothing here
decides. One that fails, or heads that cannot be read, make the assessment partial, never an error.
"""

import logging
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from inference.contracts import (
    MAX_FINDINGS,
    MAX_LABELS,
    Assessment,
    AssessRequest,
    Finding,
    Label,
    Message,
    Mode,
    Role,
    Speaker,
)
from inference.engine.gate import Gate
from inference.insight.behaviour import Coding, code_turn
from inference.insight.measures import NAME as MEASURES
from inference.insight.measures import VERSION as MEASURES_VERSION
from inference.insight.measures import earlier_replies, measures
from inference.safety.detectors import bias, crisis, emotion, empathy, gates, harm, pii, talk, technique
from inference.safety.detectors.behaviour import combine
from inference.safety.detectors.given import Detected, Given, speaker_of
from inference.safety.screen import screen

logger = logging.getLogger(__name__)

AT_ONCE = 16
"""Messages that the heads read in one go; between two goes of a large batch others may pass."""
HEADS = "heads"
"""The name under which heads that cannot be read are counted."""
CODER = "behaviour"
"""The coder's name among versions and failures."""


class HeadReader(Protocol):
    """The encoder with its heads."""

    def read(self, given: Sequence[Given]) -> list[Given]:
        """The same messages in the same order with `readings` and `tags`. Called by one thread at a time."""


class Detector(Protocol):
    """A module of `safety/detectors`. VERSION names its rules; heads name their own in their readings."""

    NAME: str
    VERSION: str

    def detect(self, given: Given) -> Detected:
        """What it sees. Should not raise; one that does is counted and leaves the assessment partial."""


DETECTORS: tuple[Detector, ...] = (crisis, harm, bias, gates, pii, talk, empathy, technique, emotion)
"""Every detector, in the order in which their findings are listed."""


@dataclass
class Seen:
    """What heads and detectors say of one message; `failed` names those that could not."""

    given: Given
    findings: list[Finding] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    coding: Coding | None = None


class Assessor:
    """`passage` is entered while the heads read; `on_failure` is told the name of what failed."""

    def __init__(
        self,
        heads: HeadReader | None = None,
        *,
        passage: Callable[[], AbstractContextManager[None]] | None = None,
        detectors: Sequence[Detector] | None = None,
    ) -> None:
        self._heads = heads
        self._passage = passage or Gate().ahead
        self._detectors = DETECTORS if detectors is None else tuple(detectors)
        self.on_failure: Callable[[str], None] = lambda name: None

    def warm_up(self) -> None:
        """The first message is slow, as lexicons are read; let it be ours and not a person's."""
        for mode in Mode:
            self.assess(AssessRequest("warm-up", (Message(Role.USER, "Good morning."),), mode))

    def assess(self, request: AssessRequest) -> Assessment:
        """What is seen in the last message of one request."""
        return self.assess_many([request])[0]

    def assess_many(self, requests: Sequence[AssessRequest]) -> list[Assessment]:
        """One assessment a request, in their order; the heads read them together."""
        seen = self.look([_given(request) for request in requests])
        for each in seen:
            self._code(each)
            self._measure(each)
        return [_assessment(each) for each in seen]

    def look(self, given: Sequence[Given]) -> list[Seen]:
        """What heads and detectors see, without the screen and the coder; for segments, whose judge screens them."""
        read = self._read(given)
        return [self._detect(each, heads_read=read is not None) for each in read or given]

    def _read(self, given: Sequence[Given]) -> list[Given] | None:
        """With the heads' readings, or None where they could not be had."""
        if self._heads is None:
            return None
        read: list[Given] = []
        try:
            for first in range(0, len(given), AT_ONCE):
                with self._passage():
                    read += self._heads.read(given[first : first + AT_ONCE])
            if [each.text for each in read] != [each.text for each in given]:
                raise ValueError("other messages than were given")
        except Exception as error:  # noqa: BLE001 - whatever a model provokes, the rules still hold
            self._failed(HEADS, error)
            return None
        return read

    def _detect(self, given: Given, *, heads_read: bool) -> Seen:
        seen = Seen(given, failed=[] if heads_read else [HEADS])
        seen.versions |= {f"head.{name}": reading.version for name, reading in given.readings.items()}
        for detector in self._detectors:
            try:
                detected = detector.detect(given)
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(detector.NAME, error)
                seen.failed.append(detector.NAME)
                continue
            seen.findings += detected.findings
            seen.labels += detected.labels
            seen.versions[detector.NAME] = detector.VERSION
        return seen

    def _code(self, seen: Seen) -> None:
        """What a therapist does, by rules and heads; by the rules alone where the two cannot be put together."""
        given = seen.given
        if given.speaker != Speaker.THERAPIST:
            return
        seen.coding = code_turn(given.text, previous_client=given.said_to)
        try:
            seen.coding = combine(seen.coding, given.readings, text=given.text)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(CODER, error)
            seen.failed.append(CODER)

    def _measure(self, seen: Seen) -> None:
        """The figures of a helper's reply, its earlier ones read for how alike their techniques are."""
        try:
            earlier = self._read(earlier_replies(seen.given)) or []
            found = measures(seen.given, findings=seen.findings, earlier=[each.readings for each in earlier])
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(MEASURES, error)
            seen.failed.append(MEASURES)
            return
        if found:
            seen.labels = [*found, *seen.labels]
            seen.versions[MEASURES] = MEASURES_VERSION

    def _failed(self, name: str, error: Exception) -> None:
        """The place of an error and its kind; its message could hold what somebody wrote."""
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("the detector %s failed: %s\n%s", name, type(error).__name__, frames)
        self.on_failure(name)


def _given(request: AssessRequest) -> Given:
    last, before = request.messages[-1], request.messages[:-1]
    return Given(last.text, speaker_of(last.role, request.mode), tuple(before))


def _assessment(seen: Seen) -> Assessment:
    given = seen.given
    screening = screen(given.text, history=given.own_history)
    versions = {"screen": screening.version}
    coding = seen.coding or Coding((), True, "")
    if seen.coding is not None:
        versions[CODER] = coding.version
    findings = [*screening.findings, *seen.findings]
    return Assessment(
        findings=tuple(_gravest(findings)),
        about_self=screening.about_self,
        codes=coding.codes,
        abstained=coding.abstained,
        labels=tuple(seen.labels[:MAX_LABELS]),
        partial=bool(seen.failed),
        versions=versions | seen.versions,
    )


def _gravest(findings: Sequence[Finding]) -> list[Finding]:
    """As many as an answer may hold, in the order they were found; the faintest are left out."""
    kept = sorted(range(len(findings)), key=lambda at: -findings[at].score)[:MAX_FINDINGS]
    return [findings[at] for at in sorted(kept)]
