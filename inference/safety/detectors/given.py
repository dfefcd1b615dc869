"""What a detector is given and what it answers. Knows no model: readings are numbers by label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inference.contracts import Finding, Label, Message, Mode, Role, Speaker


@dataclass(frozen=True, slots=True)
class Reading:
    """What one head says of a text: probability 0-1 by label. Labels that exclude each other add up to 1."""

    scores: Mapping[str, float]
    version: str

    @property
    def top(self) -> str:
        """The likeliest label; the first by name among equals."""
        return min(self.scores, key=lambda label: (-self.scores[label], label))


@dataclass(frozen=True, slots=True)
class Tag:
    """A stretch of the text [`start`, `end`) that a tagging head calls `label`, with its probability."""

    label: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Given:
    """One message: who wrote it, what came before (oldest first), and what the heads read in it (by head; empty where
    no encoder is loaded)."""

    text: str
    speaker: str
    history: tuple[Message, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()

    @property
    def own_history(self) -> list[str]:
        """The writer's own earlier messages, oldest first."""
        own = Role.USER if self.speaker in (Speaker.THERAPIST, Speaker.SEEKER) else Role.ASSISTANT
        return [message.text for message in self.history if message.role == own]

    @property
    def said_to(self) -> str:
        """The other's last message, "" without one."""
        own = Role.USER if self.speaker in (Speaker.THERAPIST, Speaker.SEEKER) else Role.ASSISTANT
        return next((m.text for m in reversed(self.history) if m.role not in (own, Role.SYSTEM)), "")


@dataclass(frozen=True, slots=True)
class Detected:
    findings: Sequence[Finding] = ()
    labels: Sequence[Label] = ()


def speaker_of(role: str, mode: str) -> Speaker:
    """Who wrote a message of `role` in `mode`."""
    if mode == Mode.PRACTICE:
        return Speaker.CLIENT if role == Role.ASSISTANT else Speaker.THERAPIST
    return Speaker.COMPANION if role == Role.ASSISTANT else Speaker.SEEKER
